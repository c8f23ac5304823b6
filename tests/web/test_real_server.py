"""What only a real server shows: connections, several processes, answers that arrive piece by piece."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.http_client import Caller
from tests.servers import Server, web_server
from tests.web.conftest import TENDER

BOUNDARY = "a-boundary-of-our-own"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with web_server(tmp_path_factory.mktemp("real"), WEB_WORKERS="2", OWNER_PER_BROWSER="true") as running:
        yield running


class Browser:
    """Keeps cookies; opens a connection per call, so that calls meet both processes."""

    def __init__(self, server: Server) -> None:
        self._host = urlsplit(server.url).netloc
        self._cookie = ""

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {**named, **({"Cookie": self._cookie} if self._cookie else {})})
        answer = connection.getresponse()
        if given := answer.headers.get("Set-Cookie"):
            self._cookie = given.partition(";")[0]
        return answer

    def post(self, path: str, body: object, **headers: str) -> http.client.HTTPResponse:
        return self.call("POST", path, json.dumps(body).encode(), Content_Type="application/json", **headers)

    def upload(self, content: bytes, name: str) -> http.client.HTTPResponse:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="document"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        return self.call("POST", "/upload", body, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")


def test_who_sends_too_much_hears_why_instead_of_a_broken_connection(server: Server) -> None:
    for megabytes in (26, 40):
        answer = Browser(server).upload(b"x" * megabytes * 1024 * 1024, "large.txt")
        assert answer.status == 413
        assert json.load(answer)["error"]["code"] == "too_large"
    assert not list((server.folder / "data" / "documents").iterdir())


def test_a_document_is_the_same_in_every_process(server: Server) -> None:
    browser = Browser(server)
    session = json.load(browser.upload(TENDER, "tender.md"))["session_id"]
    for _ in range(12):
        answer = browser.post("/get_section_content", {"session_id": session, "section_name": "Deadline"})
        assert "3 May 2027" in json.load(answer)["content"]
    stranger = Browser(server)
    assert {stranger.call("GET", f"/sessions/{session}").status for _ in range(6)} == {404}


def test_a_streamed_answer_comes_as_events_and_can_be_read_again_from_another_process(server: Server) -> None:
    browser, key = Browser(server), str(uuid.uuid4())
    session = json.load(browser.upload(TENDER, "tender.md"))["session_id"]
    question = {"session_id": session, "message": "When are offers due?"}
    headers = {"Accept": "text/event-stream", "Idempotency_Key": key}
    answer = browser.post("/chat", question, **headers)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    blocks = answer.read().decode().strip().split("\n\n")
    assert blocks[0] == f'event: task\ndata: {{"task_id":"{key}"}}'
    done = json.loads(blocks[-1].removeprefix("event: done\ndata: "))
    assert "3 May 2027" in done["response"]
    for _ in range(4):
        again = browser.post("/chat", question, **headers).read().decode().strip().split("\n\n")
        assert json.loads(again[-1].removeprefix("event: done\ndata: ")) == done
    assert len(json.load(browser.call("GET", f"/sessions/{session}"))["chat"]) == 2


def test_health_answers_under_any_host_name(server: Server) -> None:
    assert Browser(server).call("GET", "/health", Host="10.1.2.3:8000").status == 200
    assert Browser(server).call("GET", "/sessions", Host="evil.example").status == 400


def test_a_whole_document_is_reviewed_in_the_background_and_shown_section_by_section(tmp_path: Path) -> None:
    path = tmp_path / "tender.md"
    path.write_text(
        "# 1 Scope\n\nThe bank guarantee is EUR 20,000. It is due on 31 April 2027.\n\n# 2 Terms\n\nThe bank guarantee is EUR 25,000.\n\n"
        "# 4 End\n\nThe form must be signed by both parties.\n"
    )
    with web_server(tmp_path, TASK_EXECUTOR="background", WEB_WORKERS="1") as running:
        caller = Caller(running.url)
        session = caller.upload(path)["session_id"]
        task = caller.post("/analyze_document", {"session_id": session})[1]["task_id"]
        assert caller.post("/analyze_document", {"session_id": session})[1]["task_id"] == task
        done = caller.follow(task, 60)
        assert (done["state"], done["executor"]) == ("SUCCESS", "background")
        assert done["result"]["sections"] == {"done": 3, "failed": 0, "total": 3}
        shown = caller.get(f"/sessions/{session}")[1]
        assert (shown["sections"][0]["findings"] > 0, shown["document"]["state"]) == (True, "done")
        whole = caller.get(f"/sessions/{session}/document")[1]
        [differ] = [found for found in whole["findings"] if found["category"] == "Consistency"]
        assert [place["quote"] for place in differ["places"]] == ["EUR 20,000", "EUR 25,000"]
        assert any("no section 3" in found["description"] for found in whole["findings"])
        assert len(whole["coverage"]) == 23
        assert caller.get("/usage")[1]["today"]["cost_usd"] == 0
