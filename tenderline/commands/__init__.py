"""The command line for whoever runs Tenderline: ``flask tasks``, ``flask backup``, ``flask restore``.

Flask's own command finds them through ``create_app``; for these no web application is built, nothing is migrated and no keeper starts.
"""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import FlaskGroup


def asked_for() -> bool:
    """Whether Flask's command line is looking for a command, rather than for an application to serve."""
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, FlaskGroup)


def command_app() -> Flask:
    """An application that has the commands and nothing else."""
    from tenderline.commands.backups import backup, restore
    from tenderline.commands.tasks import tasks

    app = Flask("tenderline", static_folder=None)
    for command in (tasks, backup, restore):
        app.cli.add_command(command)
    return app
