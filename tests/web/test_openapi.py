from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy, booleans
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.web.conftest import MakeApp, application, session_of
from tests.web.reviewers import CountingReviewer

UNDESCRIBED = {"static", "pages.index", "pages.plain_static", "pages.docs", "pages.docs_asset", "pages.openapi"}
UNDESCRIBED |= {"access.login_page", "access.login", "access.logout", "live.task_status"}


@pytest.fixture
def description(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").json


def test_the_description_is_openapi_3_1_and_valid(app: Flask, description: dict[str, Any]) -> None:
    assert description["openapi"] == "3.1.0"
    assert description["info"] == {"title": "Tenderline", "version": "0.1.0", "description": "A review desk for public procurement."}
    schemathesis.openapi.from_dict(description).validate()


def test_every_address_that_does_work_is_described(app: Flask, description: dict[str, Any]) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in UNDESCRIBED:
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert method.lower() in description["paths"].get(path, {}), f"{method} {path}"


def test_every_answer_has_a_model_and_every_name_resolves(description: dict[str, Any]) -> None:
    components = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], f"{method} {path}"
            for status, answer in operation["responses"].items():
                if "application/json" not in answer["content"]:  # numbers for Prometheus, and files
                    continue
                schema = answer["content"]["application/json"]["schema"]
                assert schema["$ref"].rpartition("/")[2] in components, f"{method} {path} {status}"
    names = set(re.findall(r'#/components/schemas/([^"\']+)', str(description)))
    assert names <= set(components)


def test_errors_are_described_as_they_are(description: dict[str, Any]) -> None:
    for path in ("/chat", "/upload", "/task_status/{task_id}"):
        for operation in description["paths"][path].values():
            for status in ("400", "401", "404", "422", "503"):
                assert operation["responses"][status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")


def test_the_stream_and_the_key_are_described(description: dict[str, Any]) -> None:
    chat = description["paths"]["/chat"]["post"]
    assert set(chat["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    [key] = [parameter for parameter in chat["parameters"] if parameter["name"] == "Idempotency-Key"]
    assert key["in"] == "header"
    assert key["required"] is False


def test_the_login_is_described_only_where_there_is_one(make_app: MakeApp, description: dict[str, Any]) -> None:
    assert "security" not in description
    client = make_app(access_password="secret").test_client()
    client.post("/login", data={"password": "secret"})
    guarded = client.get("/openapi.json").json
    assert guarded["security"] == [{"login": []}]
    assert guarded["components"]["securitySchemes"]["login"]["in"] == "cookie"


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.unsupported_method,
]


@pytest.mark.parametrize("valid", [True, False])
def test_whatever_is_sent_the_answer_is_one_of_those_described(tmp_path: Path, valid: bool) -> None:
    app = application(tmp_path / "data", CountingReviewer(), log_level="ERROR")
    session = session_of(app.test_client())
    seen: dict[str, set[int]] = {}
    for found in schemathesis.openapi.from_wsgi("/openapi.json", app).get_all_operations():
        operation = found.ok()
        mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
        statuses = seen.setdefault(operation.label, set())
        with suppress(Unsatisfiable):  # there is nothing invalid to send
            ask(operation.as_strategy(generation_mode=mode), session if valid else None, statuses)
    app.extensions["tenderline"].close()
    if valid:
        assert 200 in seen["POST /chat"] & seen["GET /sessions/{session_id}"] & seen["GET /api/tasks"]
        assert 404 in seen["GET /task_status/{task_id}"]
    else:
        assert seen["POST /chat"] <= {400, 415, 422}
        assert seen["POST /upload"] <= {400, 413, 415, 422}


def ask(strategy: SearchStrategy[Case], session: str | None, statuses: set[int]) -> None:
    """Send what is generated, half of it about the document of that id, and check every answer against the description. What is tried
    first is always the simplest case there is, about that document."""

    @given(case=strategy, elsewhere=booleans())
    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    def send(case: Case, elsewhere: bool) -> None:
        if not elsewhere and session and isinstance(case.body, dict) and isinstance(case.body.get("session_id"), str):
            case.body["session_id"] = session
            case.body.pop("current_section", None)
        if not elsewhere and session and case.method == "GET" and "session_id" in (case.path_parameters or {}):
            case.path_parameters["session_id"] = session
        answer = case.call()
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    send()
