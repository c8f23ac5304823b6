"""Importing through the web interface, as tests do it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tenderline.register.schema import amount_number

HEADER = ("Contract No.", "Award Title", "Awardee", "Procuring Entity", "Contract Amount", "Award Date")
PLAIN = ("PO-1", "Bridge at Lum", "Ängström AB", "City of Lum", "1,250.50", "2024-03-31")
Json = dict[str, Any]


def csv_file(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> bytes:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def contracts(count: int, *, first: int = 0, amount: int = 100) -> list[tuple[str, ...]]:
    """Rows of so many different contracts."""
    return [
        (f"PO-{number}", f"Road {number}", f"Builder {number % 7}", "City of Lum", f"{amount + number}.25", "2024-05-06")
        for number in range(first, first + count)
    ]


def uploaded(client: FlaskClient, content: bytes, name: str = "contracts.csv") -> Json:
    """What was recognised."""
    answer = client.post("/data-ingestion/upload/", data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def imported(client: FlaskClient, content: bytes, name: str = "contracts.csv", **body: Any) -> Json:
    """The import's result and, as ``upload_id``, the upload it came from."""
    upload = uploaded(client, content, name)
    answer = client.post(f"/data-ingestion/process/{upload['upload_id']}/", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json["result"])


def visible(app: Flask) -> list[tuple[Any, ...]]:
    """(number, awardee, amount) of every contract that counts, sorted."""
    found = []
    for view in app.extensions["tenderline"].register.snapshot().views:
        numbers, awardees = (view.segment.text(name) for name in ("contract_no", "awardee_name"))
        for row, minor in enumerate(view.segment.amount.tolist()):
            if view.hidden is None or not view.hidden[row]:
                found.append((numbers[row], awardees[row], amount_number(minor)))
    return sorted(found, key=str)


def leftovers(app: Flask) -> list[str]:
    """What lies in the register's directory, uploads aside: files of segments by directory, and anything staged."""
    root = Path(app.extensions["tenderline"].settings.data_dir) / "register"
    return sorted(str(path.relative_to(root)) for part in ("segments", "staging") for path in (root / part).glob("*"))
