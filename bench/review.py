"""A whole document under review by the built-in reviewer: a real server that works in its own background, 100 sections."""

from __future__ import annotations

import json
import os
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from bench.measure import Line
from bench.review_data import document
from tests.servers import Server, start_web
from tests.services import tree, wait_for

LOOK_EVERY = 0.05
MOST_SECONDS = 600.0


def run() -> list[Line]:
    """Seconds to the first findings and to the end, the longest silence in between, and the processor time of all processes."""
    with tempfile.TemporaryDirectory() as name:
        server = start_web(Path(name), TASK_EXECUTOR="background", WEB_WORKERS="1", LOG_LEVEL="WARNING")
        try:
            return _measured(server)
        finally:
            server.stop()


def _measured(server: Server) -> list[Line]:
    session = _upload(server, document())
    wait_for(lambda: _get(server, f"/sessions/{session}")["state"] == "ready", "the document to be read")
    sections = _get(server, f"/sessions/{session}")["sections"]
    # A click on one section, as a reader makes it: the reviewer is loaded from then on.
    click = _post(server, "/analyze_section", {"session_id": session, "section_name": sections[-1]["name"]})["task_id"]
    wait_for(lambda: _get(server, f"/task_status/{click}")["ready"], "the click to be answered", 60)
    before, began = _processor_seconds(server), time.monotonic()
    task = _post(server, "/analyze_document", {"session_id": session, "force": True})["task_id"]
    first = silence = 0.0
    seen, seen_at = "", began
    while True:
        status = _get(server, f"/task_status/{task}")
        now = time.monotonic()
        said = f"{status['status']} {status['progress']}"
        if said != seen:
            silence, seen, seen_at = max(silence, now - seen_at), said, now
        if not first and any(section["state"] == "done" and section["findings"] for section in _others(server, session)):
            first = time.monotonic() - began
        if status["ready"]:
            break
        if now - began > MOST_SECONDS:
            raise RuntimeError(f"the review is not done after {MOST_SECONDS:.0f} s: {said}")
        time.sleep(LOOK_EVERY)
    took = time.monotonic() - began
    if status["state"] != "SUCCESS" or status["result"]["sections"]["failed"]:
        raise RuntimeError(f"the review failed: {status}")
    return [
        Line("first findings of a whole document", first, "s", 2),
        Line("100 sections, and the document as a whole", took, "s", 60),
        Line("longest time without progress", silence, "s", 1),
        Line("processor time of all of it", _processor_seconds(server) - before, "s"),
    ]


def _others(server: Server, session: str) -> list[dict[str, Any]]:
    """The sections but for the one that was clicked."""
    return list(_get(server, f"/sessions/{session}")["sections"])[:-1]


def _processor_seconds(server: Server) -> float:
    """What the server and all it has started used so far, children that have ended included."""
    ticks = 0
    for pid in tree(server.process.pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _upload(server: Server, markdown: str) -> str:
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="tender.md"\r\n\r\n'
    body = f"{head}{markdown}\r\n--{boundary}--\r\n".encode()
    return str(_call(server, "/upload", body, f"multipart/form-data; boundary={boundary}")["session_id"])


def _post(server: Server, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return _call(server, path, json.dumps(body).encode(), "application/json")


def _get(server: Server, path: str) -> dict[str, Any]:
    return _call(server, path, None, "application/json")


def _call(server: Server, path: str, body: bytes | None, kind: str) -> dict[str, Any]:
    request = urllib.request.Request(server.url + path, data=body, headers={"Content-Type": kind, "Origin": server.url})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))
