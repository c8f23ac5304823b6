"""``flask backup FILE.tar.gz`` and ``flask restore FILE.tar.gz``."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from tenderline.commands.archive import pack
from tenderline.commands.opening import in_words, require_schema
from tenderline.errors import Conflict, Invalid
from tenderline.startup import read_settings


@click.command()
@click.argument("target", metavar="FILE.tar.gz", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def backup(target: Path, force: bool) -> None:
    """Copy database and files into one archive, while the server runs.

    The archive holds every document and the key that signs logins: keep it where nobody else reads it.
    """
    from tenderline.commands.snapshot import taken

    with in_words():
        if target.exists() and not force:
            raise Conflict(f"{target} exists.", hint="Choose another name, or --force.")
        if not target.absolute().parent.is_dir():
            raise Invalid(f"There is no folder {target.absolute().parent}.")
        settings = read_settings()
        require_schema(settings)
        with taken(settings) as snapshot:
            manifest = pack(target, snapshot.members, snapshot.database, snapshot.documents)
    size = target.stat().st_size / 1e6
    click.echo(f"{target}: {manifest.documents} documents, {len(manifest.files)} files, {size:.1f} MB, read back and whole")


@click.command()
@click.argument("source", metavar="FILE.tar.gz", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the data that is there.")
def restore(source: Path, force: bool) -> None:
    """Put database and files of a backup in place. Stop the server and all workers first."""
    from tenderline.commands.restoring import restore as put_in_place

    os.umask(0o077)
    with in_words():
        manifest = put_in_place(read_settings(), source, force=force)
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(manifest.created_at))
    click.echo(f"Restored {manifest.documents} documents as of {made} (version {manifest.version}). Now start the server.")
