from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tenderline.web.security import host_is_trusted
from tests.web.conftest import MakeApp


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "127.0.0.1, evil.example", "a b", "[::2]"]
)
def test_a_foreign_host_is_refused_with_400(client: FlaskClient, host: str) -> None:
    answer = client.get("/sessions", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "malformed_request"
    assert "TRUSTED_HOSTS" in answer.json["error"]["hint"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:5000", "LOCALHOST", "[::1]", "[::1]:8000"])
def test_our_own_hosts_are_served_on_any_port(client: FlaskClient, host: str) -> None:
    assert client.get("/sessions", headers={"Host": host}).status_code == 200


def test_health_answers_to_any_host(client: FlaskClient) -> None:
    assert client.get("/health", headers={"Host": "10.0.3.7:8000"}).json["status"] == "alive"


def test_an_unknown_address_under_a_foreign_host_tells_nothing_but_that(client: FlaskClient) -> None:
    assert client.get("/nothing", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("host", "trusted", "expected"),
    [
        ("desk.example", ("desk.example",), True),
        ("a.desk.example", ("desk.example",), False),
        ("a.desk.example", (".desk.example",), True),
        ("desk.example", (".desk.example",), True),
        ("evildesk.example", (".desk.example",), False),
        ("anything.example:99", ("*",), True),
        ("anything.example:99999", ("*",), False),
    ],
)
def test_trusted_hosts_are_names_suffixes_or_everything(host: str, trusted: tuple[str, ...], expected: bool) -> None:
    assert host_is_trusted(host, trusted) is expected


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:8001"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "http://[broken"},
    ],
)
def test_another_sites_page_cannot_post(client: FlaskClient, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/analyze_section"), ("DELETE", "/sessions/x"), ("POST", "/login")):
        answer = client.open(path, method=method, headers=headers)
        assert answer.status_code == 403
        assert answer.json["error"]["code"] == "forbidden"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost:80", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_page_and_other_programs_can_post(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/test_claude_connection", headers=headers).status_code == 200


def test_our_own_page_on_a_port_can_post(client: FlaskClient) -> None:
    headers = {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}
    assert client.post("/test_claude_connection", headers=headers).status_code == 200
    assert client.post("/test_claude_connection", headers={**headers, "Origin": "http://127.0.0.1"}).status_code == 403


def test_a_picture_on_another_site_cannot_set_off_a_connection_test(client: FlaskClient) -> None:
    assert client.get("/test_claude_connection", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/test_claude_connection").status_code == 200


def test_reading_is_not_refused_to_a_link_from_elsewhere(client: FlaskClient) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_forwarded_headers_count_for_nothing_without_trusted_proxies(client: FlaskClient) -> None:
    answer = client.get("/sessions", headers={"Host": "evil.example", "X-Forwarded-Host": "localhost"})
    assert answer.status_code == 400


def test_exactly_the_trusted_number_of_proxies_is_believed(make_app: MakeApp) -> None:
    client = make_app(trusted_proxies=2, trusted_hosts="desk.example,localhost").test_client()
    good = {"X-Forwarded-Host": "desk.example, desk.example", "X-Forwarded-Proto": "https, https", "Origin": "https://desk.example"}
    assert client.post("/test_claude_connection", headers=good).status_code == 200
    # Two proxies each add one value; what stands before was sent by the client.
    forged = {**good, "X-Forwarded-Host": "desk.example, evil.example, desk.example"}
    assert client.post("/test_claude_connection", headers=forged).status_code == 400


def test_behind_a_proxy_the_host_itself_must_be_trusted_too(make_app: MakeApp) -> None:
    client = make_app(trusted_proxies=1, trusted_hosts="desk.example").test_client()
    assert client.get("/sessions", headers={"Host": "desk.example", "X-Forwarded-Host": "desk.example"}).status_code == 200
    assert client.get("/sessions", headers={"Host": "evil.example", "X-Forwarded-Host": "desk.example"}).status_code == 400


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/health", "/nothing", "/sessions", "/docs", "/openapi.json"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Request-ID"]
