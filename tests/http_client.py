"""A caller of the HTTP interface, as a script would be."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.services import wait_for

Json = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Calls the server at ``url``; every answer comes as (status, object)."""

    url: str

    def get(self, path: str) -> tuple[int, Json]:
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Json | None = None, **headers: str) -> tuple[int, Json]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body or {}).encode()
        return self._send(urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **named}, method="POST"))

    def upload(self, path: Path) -> Json:
        """Upload a document; the answer of ``/upload``."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="{path.name}"\r\n\r\n'
        data = head.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        status, body = self._send(urllib.request.Request(f"{self.url}/upload", data, headers, method="POST"))
        assert status == 200, body
        return body

    def status(self, task_id: str) -> Json:
        status, body = self.get(f"/task_status/{task_id}")
        assert status == 200, body
        return body

    def follow(self, task_id: str, seconds: float = 90) -> Json:
        """The status once the task has ended."""
        wait_for(lambda: self.status(task_id)["ready"], f"task {task_id} to end", seconds)
        return self.status(task_id)

    def under_way(self, task_id: str) -> None:
        """Wait until the task runs."""
        wait_for(lambda: self.status(task_id)["state"] in ("STARTED", "PROGRESS"), f"task {task_id} to run")

    def _send(self, request: urllib.request.Request) -> tuple[int, Json]:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())
