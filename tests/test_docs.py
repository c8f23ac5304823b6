"""The documents say what is true of the code: settings, commands, targets, metrics and files by their names."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from bench.stress import main as stress
from tenderline.commands import command_app
from tenderline.database import migrate
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.tasks.metrics import LedgerCollector, exposition

ROOT = Path(__file__).parent.parent
DOCS = {path.name: path.read_text() for path in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]}
ALL = "\n".join(DOCS.values())
OPERATIONS = DOCS["operations.md"]
OTHERS = {"FLOWER_BASIC_AUTH", "REDIS_MAX_MEMORY"}
"""Variables of compose.yaml that are no settings of ours."""
STATES = {"PENDING", "STARTED", "PROGRESS", "RETRY", "SUCCESS", "FAILURE", "REVOKED"}


def code(text: str) -> list[str]:
    """Everything that is set as code: between backticks, and in blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [*re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)), *"\n".join(blocks).splitlines()]


def test_every_setting_is_in_the_documents() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", OPERATIONS.partition("## Every setting")[2]))
    assert named == {name.upper() for name in Settings.model_fields}


def test_every_setting_that_the_documents_name_exists() -> None:
    written = {match for snippet in code(ALL) for match in re.findall(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?==|\b)", snippet)}
    known = {name.upper() for name in Settings.model_fields} | OTHERS | STATES
    shell = {name for name in written if name not in known}
    assert not shell


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        found |= _commands(command, (*path, name)) if isinstance(command, click.Group) else {(*path, name): command}
    return found


COMMANDS = _commands(command_app().cli)


def _named() -> dict[tuple[str, ...], set[str]]:
    """The commands that the documents name, with the options they give them."""
    named: dict[tuple[str, ...], set[str]] = {}
    for line in code(ALL):
        for part in re.split(r"\\?\||xargs|#", line):
            match = re.search(r"flask --app app ((?:tasks )?[a-z]+)(.*)", part)
            if match:
                named.setdefault(tuple(match[1].split()), set()).update(re.findall(r"--[a-z-]+", match[2]))
    return named


def test_every_command_is_in_the_documents_and_no_other() -> None:
    assert set(_named()) == set(COMMANDS)


def test_every_option_that_the_documents_give_a_command_exists() -> None:
    for path, options in _named().items():
        known = {option for parameter in COMMANDS[path].params for option in parameter.opts}
        assert options <= known, path


def test_every_option_of_the_list_is_in_its_line() -> None:
    [line] = [line for line in OPERATIONS.splitlines() if line.startswith("| `flask --app app tasks list`")]
    assert set(re.findall(r"--[a-z]+", line)) - {"--app"} == {
        option for parameter in COMMANDS["tasks", "list"].params for option in parameter.opts
    }


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {match for snippet in code(ALL) for match in re.findall(r"(?:^|\s)make ([a-z]+)", snippet)}
    assert named <= targets
    assert {"run", "worker", "test", "bench", "requirements"} <= named


def test_every_role_of_the_image_is_in_the_documents() -> None:
    roles = set(re.findall(r"^    ([a-z]+)\)", (ROOT / "docker" / "entrypoint").read_text(), re.MULTILINE))
    sentence = " ".join(OPERATIONS.split())
    assert all(re.search(rf"`(?:docker run IMAGE )?{role}`", sentence) for role in roles), roles


def test_every_metric_is_in_the_documents_and_no_other(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, redis_url="redis://127.0.0.1:1")
    migrate(settings)
    runtime = create_runtime(settings)
    body, _ = exposition(LedgerCollector(settings, runtime.database, runtime.limits, runtime.availability))
    runtime.close()
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", body.decode(), re.MULTILINE))
    table = OPERATIONS.partition("| metric |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(tenderline_\w+)`", table)) == set(kinds)
    assert set(re.findall(r"\b(tenderline_\w+)", ALL)) <= set(kinds)


def test_the_alert_rules_are_yaml_and_name_what_they_watch() -> None:
    blocks = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", OPERATIONS, re.MULTILINE | re.DOTALL)]
    [rules] = [block["groups"][0]["rules"] for block in blocks if "groups" in block]
    assert len(rules) >= 6
    assert all(rule["alert"].startswith("Tenderline") and "tenderline_" in rule["expr"] for rule in rules)


def test_the_load_tool_takes_what_the_documents_give_it(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in code(OPERATIONS) if line.startswith("python -m bench.stress")]
    assert lines
    for line in lines:
        with pytest.raises(SystemExit) as left:
            stress([*shlex.split(line)[3:], "--help"])
        assert left.value.code == 0


@pytest.mark.parametrize("name", sorted(DOCS))
def test_what_a_document_links_to_exists(name: str) -> None:
    folder = ROOT if name == "README.md" else ROOT / "docs"
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", DOCS[name]):
        assert (folder / target).exists(), target
