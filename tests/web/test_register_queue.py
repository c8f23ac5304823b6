"""The register asked through the queue: the real server, the real worker command, a real Redis."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.databases import database_url
from tests.http_client import Caller
from tests.register.contracts import many
from tests.servers import web_server
from tests.services import Redis, bare_environment, wait_for
from tests.web.conftest import application
from tests.web.register_data import CONTRACTS, TASKS, publish
from tests.web.reviewers import CountingReviewer

pytestmark = [pytest.mark.redis, pytest.mark.worker]


def test_workers_answer_what_is_queued_and_write_exports(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    redis.start()
    database = database_url(migrated=True)
    app = application(tmp_path / "data", CountingReviewer(), database_url=database)
    publish(app, many(60))
    app.extensions["tenderline"].close()
    where = {"REDIS_URL": redis.url, "DATABASE_URL": database}
    environment = bare_environment(tmp_path) | where | {"DATA_DIR": str(tmp_path / "data")}
    with web_server(tmp_path, WEB_WORKERS="1", **where) as server, (tmp_path / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "tenderline.worker"]
        worker = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            caller = Caller(server.url)
            wait_for(lambda: caller.get("/queue_stats")[1]["available"], "work to go to the worker", 90)
            for path, body in (
                ("search/", {"keywords": ["road"]}),
                ("analytics/", {}),
                ("analytics-paginated/", {"dimension": "contractor"}),
                ("export/", {"keywords": ["road"]}),
            ):
                status, queued = caller.post(TASKS + path, {**body, "mode": "async"})
                assert (status, queued["status"]) == (202, "queued"), queued
                ended = caller.follow(queued["task_id"], 60)
                assert (ended["state"], ended["executor"]) == ("SUCCESS", "celery"), ended
                found = caller.get(f"{TASKS}result/?cache_key={queued['cache_key']}")[1]
                assert found["status"] == "success"
                again = caller.post(TASKS + path, {**body, "mode": "async"})
                assert (again[0], again[1]["status"]) == (200, "cached")
                if path == "search/":
                    total = found["data"]["pagination"]["total_count"]
                    assert total == caller.post(CONTRACTS + "chip-search/", body)[1]["pagination"]["total_count"]
                if path == "export/":
                    assert found["data"]["results"]["rows"] == total
                    with urllib.request.urlopen(server.url + found["data"]["results"]["download_url"]) as download:
                        assert len(download.read()) == found["data"]["results"]["bytes"]
        finally:
            worker.terminate()
            worker.wait(timeout=30)
            redis.stop()
