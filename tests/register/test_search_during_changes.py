"""Searches in several processes while imports, conflicts and undos are published: every answer is that of one version, never a mixture."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tenderline.register import schema
from tenderline.register.hidden import CONFLICT, UNDONE, entries, write_hidden
from tenderline.register.register import Register
from tenderline.settings import Settings
from tests.register.contracts import build, change, many
from tests.register.searching_process import KEYWORD

PROCESSES = 2


@contextmanager
def _searching(settings: Settings) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.register.searching_process", str(settings.data_dir), settings.database_url]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    try:
        yield processes
    finally:
        for process in processes:
            process.communicate(timeout=60)


def _expected(register: Register, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """What the current version answers, worked out row by row."""
    snapshot = register.snapshot()
    rows = [
        known[uid]
        for view in snapshot.views
        for row, uid in enumerate(view.segment.uid.tolist())
        if view.hidden is None or not view.hidden[row]
    ]
    rows.sort(key=lambda row: (-(schema.to_days(row["award_date"]) if row["award_date"] else schema.NO_DATE), row["uid"]))
    minor = sum(row["contract_amount"] or 0 for row in rows)
    searched = ["\n".join(dict.fromkeys(row[name] for name in schema.SEARCHED if row[name])) for row in rows]
    return {
        "version": snapshot.version,
        "ids": [str(row["uid"]) for row in rows],
        "total": [len(rows), schema.amount_text(minor) if abs(minor) > 2**53 else schema.amount_number(minor)],
        "keyword": sum(KEYWORD in schema.fold(text) for text in searched),
        "areas": sum(row["area_of_delivery"] is not None for row in rows),
    }


def test_every_answer_during_imports_and_undos_is_that_of_one_version(register: Register, settings: Settings) -> None:
    known: dict[int, dict[str, Any]] = {}
    expected: dict[int, dict[str, Any]] = {}
    told: list[dict[str, Any]] = []
    with _searching(settings) as processes:

        def published(**changes: Any) -> None:
            """Publish, and wait until every process has answered from this version."""
            change(register, **changes)
            now = _expected(register, known)
            expected[now["version"]] = now
            for process in processes:
                assert process.stdout
                while True:
                    told.append(json.loads(process.stdout.readline()))
                    if told[-1]["version"] >= now["version"]:
                        break

        expected[0] = _expected(register, known)
        for import_no in (1, 2, 3):
            rows = many(60 + 20 * import_no, seed=import_no)
            known |= {
                schema.uid_of(import_no, ordinal): {**row, "uid": schema.uid_of(import_no, ordinal)} for ordinal, row in enumerate(rows)
            }
            built = build(register.files, rows, import_no)
            waiting = write_hidden(register.files.segment(built.id), entries(np.arange(0, 40, 3), by=import_no, reason=CONFLICT))
            published(add=[built], hide={built.id: waiting})
            published(hide={built.id: None})
            first = register.snapshot().views[0].segment
            undone = write_hidden(first.path, entries(np.arange(import_no * 10), by=import_no, reason=UNDONE))
            published(hide={first.id: undone})
            if import_no % 2 == 0:
                published(remove=[built.id])
    assert {answer["version"] for answer in told} >= set(expected) - {0}
    for answer in told:
        assert answer == expected[answer["version"]]
