"""The load tool counts truly: against a real server, and when something is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from bench import stress
from bench.load import Client, Plan, Work, plan
from tests.http_client import Caller
from tests.servers import Server, free_port, web_server

PASSWORD = "open-sesame"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with web_server(tmp_path_factory.mktemp("loaded"), WEB_WORKERS="1", ACCESS_PASSWORD=PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    made = Client(server.url)
    made.login(PASSWORD)
    return made


@pytest.mark.parametrize(("operation", "number"), [("test", 40), ("chat", 12), ("analyze", 6)])
def test_everything_that_is_submitted_is_done_once(operation: str, number: int, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--url", server.url, "--operation", operation, "-n", str(number), "-c", "6", "--password", PASSWORD]
    assert stress.main(arguments) == 0
    printed = capsys.readouterr()
    counted = {line[:40].strip(): line[40:].strip() for line in printed.out.splitlines()}
    assert (counted["accepted"], counted["done"], counted["LOST"], counted["DUPLICATES"]) == (str(number), str(number), "0", "0")
    assert f"{number}/{number}" in printed.err
    assert "p99" in printed.out


def test_the_documents_of_the_load_are_cleared_away(client: Client) -> None:
    planned = plan(client, "chat", 3)
    assert client.call("GET", "/sessions")[1]["total_count"] == 1
    planned.clear()
    assert client.call("GET", "/sessions")[1]["total_count"] == 0


def test_a_task_that_does_not_end_is_lost_and_the_exit_code_says_so(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert stress.main(["--url", server.url, "-n", "3", "-c", "3", "--password", PASSWORD, "--timeout", "0"]) == 1
    assert any(line.split() == ["LOST", "3"] for line in capsys.readouterr().out.splitlines())


def test_a_task_that_goes_on_after_its_end_is_a_duplicate(server: Server, client: Client) -> None:
    planned = plan(client, "test", 3)
    assert stress.run(client, planned, 3, 30).well
    with closing(sqlite3.connect(server.folder / "data" / "tenderline.db", timeout=10)) as database:
        database.execute("UPDATE tasks SET run = run + 1, finished_at = finished_at + 1 WHERE id = ?", (planned.works[0].task_id,))
        database.commit()
    found = stress.report(client, planned, 1.0)
    assert (found.duplicates, found.lost, found.well) == (1, 0, False)


def test_an_answer_that_is_stored_twice_or_not_at_all_is_found(server: Server, client: Client) -> None:
    planned = plan(client, "chat", 3)
    assert stress.run(client, planned, 1, 60).well
    messages = [work.body["message"] for work in planned.works]
    with closing(sqlite3.connect(server.folder / "data" / "tenderline.db", timeout=10)) as database:
        columns = "session_id, task_id, role, text, sources, reviewer, created_at"
        database.execute(f"INSERT INTO chat_messages ({columns}) SELECT {columns} FROM chat_messages WHERE text = ?", (messages[0],))
        database.execute("DELETE FROM chat_messages WHERE text = ?", (messages[1],))
        database.commit()
    found = stress.report(client, planned, 1.0)
    assert (found.duplicates, found.lost) == (1, 1)
    planned.clear()


def test_a_refusal_is_counted_and_is_no_loss(client: Client) -> None:
    found = stress.run(client, Plan([Work("/chat", {"session_id": "none", "message": "?"})]), 1, 30)
    assert (found.accepted, found.lost, dict(found.refused)) == (0, 0, {404: 1})


def test_the_same_key_posted_twice_is_one_task(server: Server, client: Client) -> None:
    work = Work("/test_claude_connection", {})
    found = stress.run(client, Plan([work, Work(work.path, work.body, key=work.key)]), 2, 30)
    assert (found.accepted, found.done, found.duplicates) == (2, 1, 0)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_server_that_lets_nobody_in_is_said_to_be_unusable(password: str, server: Server) -> None:
    assert Caller(server.url).get("/queue_stats")[0] == 401
    assert stress.main(["--url", server.url, "--operation", "chat", "-n", "1", "--password", password]) == 2


def test_a_server_that_is_not_there_is_said_to_be_unusable() -> None:
    assert stress.main(["--url", f"http://127.0.0.1:{free_port()}", "--operation", "chat", "-n", "1"]) == 2


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [stress.percentile(values, part) for part in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert stress.percentile([7.0], 0.5) == 7.0
