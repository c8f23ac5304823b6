from __future__ import annotations

import threading
import urllib.request
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from websockets.exceptions import InvalidStatus

from tests.http_client import Caller
from tests.services import wait_for
from tests.web.conftest import MakeApp, session_of
from tests.web.live import HANDSHAKE, PATH, deaf_socket, ear, served
from tests.web.reviewers import CountingReviewer


@pytest.fixture
def live(app: Flask) -> Iterator[str]:
    with served(app) as url:
        yield url


def hub_of(app: Flask):
    return app.extensions["tenderline_hub"]


def work(url: str) -> str:
    """A task that has ended; its id."""
    status, body = Caller(url).post("/test_claude_connection")
    assert status == 200, body
    return body["task_id"]


def analysis(app: Flask, url: str) -> tuple[str, threading.Thread]:
    """An analysis that waits for the reviewer's gate: its id, and the thread whose request does it."""
    task_id, session = str(uuid.uuid4()), session_of(app.test_client())
    body = {"session_id": session, "section_name": "Scope"}
    thread = threading.Thread(target=lambda: Caller(url).post("/analyze_section", body, Idempotency_Key=task_id))
    thread.start()
    wait_for(lambda: Caller(url).get(f"/task_status/{task_id}")[1].get("state") == "PROGRESS", "the analysis to run")
    return task_id, thread


def test_every_state_of_a_task_arrives_as_task_status_says_it_and_with_its_key(app: Flask, live: str, reviewer: CountingReviewer) -> None:
    reviewer.gate.clear()
    with ear(live) as listener:
        task_id, thread = analysis(app, live)
        listener.until(task_id, "PROGRESS")
        reviewer.gate.set()
        ended = listener.until(task_id, "SUCCESS")
        thread.join()
        key = ended.pop("cache_key")
        assert key.startswith("analyze_section:")
        assert ended == Caller(live).get(f"/task_status/{task_id}")[1]


def test_a_new_socket_is_told_what_there_is(live: str) -> None:
    ids = {work(live), work(live)}
    with ear(live) as listener:
        assert [listener.next()["state"], listener.next()["state"]] == ["SUCCESS", "SUCCESS"]
        assert listener.ids() == ids


def test_a_socket_that_names_tasks_hears_of_no_others(live: str) -> None:
    wanted, other = work(live), work(live)
    with ear(live, subscribe=[wanted.upper(), "nonsense"]) as listener:
        listener.until(wanted, "SUCCESS")
        work(live)
        listener.say({"subscribe": [wanted]})
        assert listener.next()["task_id"] == wanted
        assert listener.ids() == {wanted}
        listener.say({"subscribe": None})
        listener.until(other, "SUCCESS")


def test_a_task_may_be_asked_for_before_it_is_there(live: str) -> None:
    task_id = str(uuid.uuid4())
    with ear(live, subscribe=[task_id]) as listener:
        Caller(live).post("/test_claude_connection", Idempotency_Key=task_id)
        listener.until(task_id, "SUCCESS")


def cookie_of(url: str) -> str:
    with urllib.request.urlopen(url) as page:
        return page.headers["Set-Cookie"].partition(";")[0]


def test_somebody_elses_task_is_silently_not_there(make_app: MakeApp) -> None:
    with served(make_app(owner_per_browser=True)) as url:
        mine, theirs = cookie_of(url), cookie_of(url)
        foreign = Caller(url).post("/test_claude_connection", Cookie=theirs)[1]["task_id"]
        first, last, another = (str(uuid.uuid4()) for _ in range(3))
        Caller(url).post("/test_claude_connection", Cookie=mine, Idempotency_Key=first)
        with ear(url, subscribe=[foreign, first, last, another], Cookie=mine) as listener, ear(url, Cookie=mine) as everything:
            for one in (listener, everything):
                one.until(first, "SUCCESS")  # it listens
            Caller(url).post("/test_claude_connection", Cookie=theirs, Idempotency_Key=another)
            Caller(url).post("/test_claude_connection", Cookie=mine, Idempotency_Key=last)
            for one in (listener, everything):
                one.until(last, "SUCCESS")
                assert one.ids() == {first, last}


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        ("nonsense", 1007, "malformed_request"),
        ('{"subscribe": "all"}', 1007, "invalid"),
        ('{"subscribe": ["x"], "more": 1}', 1007, "invalid"),
        ('{"subscribe": [1]}', 1007, "invalid"),
        ("[" * 5000, 1007, "malformed_request"),
        (b"\x00\x01", 1003, "malformed_request"),
        ('{"subscribe": ["' + "x" * 20_000 + '"]}', 1009, "too_large"),
    ],
)
def test_a_message_that_cannot_be_understood_is_answered_with_an_error_and_the_end(
    live: str, message: str | bytes, code: int, words: str
) -> None:
    with ear(live) as listener:
        listener.say(message)
        told = listener.next()
        assert told["success"] is False
        assert told["error"]["code"] == words
        assert told["error"]["hint"]
        assert listener.to_the_end()[0] == code


def test_a_message_without_end_ends_the_socket(live: str) -> None:
    with ear(live) as listener:
        listener.say("x" * 1_000_000)
        assert listener.to_the_end()[0] == 1009


def test_who_asks_without_a_pause_is_cut_off(live: str) -> None:
    with ear(live) as listener:
        for _ in range(40):
            listener.say({"subscribe": []})
        assert listener.to_the_end()[0] == 1008


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 400),
        ({"Sec-WebSocket-Version": "8"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
    ],
)
def test_a_handshake_from_elsewhere_or_of_another_kind_is_refused(app: Flask, headers: dict[str, str], status: int) -> None:
    answer = app.test_client().get(PATH, headers={**HANDSHAKE, **headers})
    assert answer.status_code == status
    assert answer.json["success"] is False


def test_an_ordinary_request_is_told_that_this_is_a_socket(app: Flask) -> None:
    assert app.test_client().get(PATH).status_code == 400


def test_a_socket_of_our_own_page_is_let_in(live: str) -> None:
    with ear(live, Origin=live) as listener:
        listener.until(work(live), "SUCCESS")
    with pytest.raises(InvalidStatus) as refused, ear(live, Origin="http://evil.example"):
        pass
    assert refused.value.response.status_code == 403


def test_a_socket_needs_the_login(make_app: MakeApp) -> None:
    app = make_app(access_password="secret")
    assert app.test_client().get(PATH, headers=HANDSHAKE).status_code == 401
    client = app.test_client()
    client.post("/login", data={"password": "secret"})
    login = client.get_cookie("tenderline_login")
    with served(app) as url, ear(url, Cookie=f"tenderline_login={login.value}") as listener:
        listener.say({"subscribe": []})
        listener.say("no")
        assert listener.next()["error"]["code"] == "malformed_request"


def test_nobody_looks_while_nobody_listens(app: Flask, live: str) -> None:
    def looking() -> bool:
        return any(thread.name == "hub" for thread in threading.enumerate())

    wait_for(lambda: not looking(), "the hub of another test to rest")
    with ear(live):
        wait_for(lambda: hub_of(app).listening == 1, "the socket to have its place")
        assert looking()
    wait_for(lambda: hub_of(app).listening == 0 and not looking(), "the hub to rest")
    with ear(live) as listener:
        listener.until(work(live), "SUCCESS")


def test_a_dead_peer_gives_its_place_back(app: Flask, live: str) -> None:
    app.config["SOCK_SERVER_OPTIONS"]["ping_interval"] = 0.2
    with deaf_socket(live):
        wait_for(lambda: hub_of(app).listening == 1, "the socket to have its place")
        wait_for(lambda: hub_of(app).listening == 0, "the dead peer to be noticed")


def test_a_database_that_fails_for_a_while_costs_no_socket(app: Flask, live: str) -> None:
    with ear(live) as listener:
        before = work(live)
        listener.until(before, "SUCCESS")
        database = app.extensions["tenderline"].database
        with database.write() as session:
            session.connection().exec_driver_sql("ALTER TABLE tasks RENAME TO hidden")
        wait_for(lambda: hub_of(app)._failing, "the hub to see that it can't read")
        with database.write() as session:
            session.connection().exec_driver_sql("ALTER TABLE hidden RENAME TO tasks")
        listener.until(work(live), "SUCCESS")
