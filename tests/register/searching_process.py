"""A process that searches a register without end and tells each answer with the register's version, a line of JSON at a time.

``python -m tests.register.searching_process DATA_DIR DATABASE_URL``; it ends when its input does.
"""

from __future__ import annotations

import json
import select
import sys
from pathlib import Path
from typing import Any

from tenderline.database import Database
from tenderline.register.aggregates import aggregate
from tenderline.register.filters import Filters
from tenderline.register.queries import SearchQuery, TableQuery
from tenderline.register.register import Register
from tenderline.register.search import search
from tenderline.register.snapshot import Snapshot
from tenderline.register.tables import table
from tenderline.settings import Settings

KEYWORD = "road"


def answers(snapshot: Snapshot) -> dict[str, Any]:
    """What a snapshot answers to a few questions: all ids in order, the totals, those of a keyword, those of all areas together."""
    ids: list[str] = []
    page = 1
    while rows := search(snapshot, SearchQuery(page=page, page_size=200)).rows:
        ids += [row["id"] for row in rows]
        page += 1
    summary = aggregate(snapshot, Filters())["summary"]
    areas = table(snapshot, TableQuery(dimension="area", page_size=200)).rows
    return {
        "version": snapshot.version,
        "ids": ids,
        "total": [summary["count"], summary.get("total_value_text") or summary["total_value"]],
        "keyword": aggregate(snapshot, Filters(keywords=[KEYWORD]))["summary"]["count"],
        "areas": sum(row["count"] for row in areas),
    }


def main(data_dir: Path, url: str) -> None:
    settings = Settings(_env_file=None, data_dir=data_dir, database_url=url)
    database = Database(settings)
    register = Register(settings, database)
    told: dict[str, Any] = {}
    while not select.select([sys.stdin], [], [], 0)[0]:
        before, told = told, answers(register.snapshot())
        if told != before:
            # Two different answers of one version would show as two lines of it.
            print(json.dumps(told), flush=True)
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
