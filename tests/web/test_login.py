from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from tenderline.database import Database, migrate
from tenderline.errors import ConfigurationError, RateLimited
from tenderline.settings import Settings
from tenderline.web import logins
from tenderline.web.access import local_path
from tenderline.web.logins import LoginAttempt, LoginLimiter
from tests.web.conftest import MakeApp, session_of

PASSWORD = "öffne dich"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def guarded(make_app: MakeApp) -> FlaskClient:
    return make_app(access_password=PASSWORD).test_client()


def sign_in(client: FlaskClient, password: str = PASSWORD, **options):
    return client.post("/login", data={"password": password}, **options)


def test_a_server_for_others_does_not_start_without_a_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="without a password"):
        create_app(Settings(_env_file=None, data_dir=tmp_path, host="0.0.0.0"), start_keeper=False)
    assert not (tmp_path / "tenderline.db").exists()


def test_without_a_password_nobody_is_asked_for_one(client: FlaskClient) -> None:
    assert client.get("/", headers=PAGE).status_code == 200
    assert client.get("/login", headers=PAGE).headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/sessions", "/queue_stats", "/openapi.json", "/task_status/x", "/nothing"])
def test_programs_without_a_login_get_401(guarded: FlaskClient, path: str) -> None:
    answer = guarded.get(path)
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "login_required"


@pytest.mark.parametrize("path", ["/", "/docs", "/sessions?page=2"])
def test_browsers_without_a_login_are_sent_to_it_and_back(guarded: FlaskClient, path: str) -> None:
    sent = guarded.get(path, headers=PAGE)
    assert sent.status_code == 303
    back = guarded.post(sent.headers["Location"], data={"password": PASSWORD}, headers=PAGE)
    assert (back.status_code, back.headers["Location"]) == (303, path)
    assert guarded.get(path, headers=PAGE).status_code == 200


def test_health_readiness_login_and_the_pages_files_need_no_login(guarded: FlaskClient) -> None:
    page = guarded.get("/login", headers=PAGE)
    assert page.status_code == 200
    style = re.search(r'href="(/static/[^"]+\.css)', page.text)
    assert style
    for path in ("/health", "/ready", style[1], "/static/css/base.css"):
        assert guarded.get(path).status_code == 200
    assert set(guarded.get("/ready").json) == {"success", "status", "mode"}


def test_the_login_cookie_is_not_readable_by_scripts_nor_sent_from_other_sites(guarded: FlaskClient) -> None:
    cookie = sign_in(guarded).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Max-Age=604800" in cookie
    assert "Secure" not in cookie
    assert "Secure" in sign_in(guarded, base_url="https://localhost").headers["Set-Cookie"]


def test_a_wrong_password_signs_nobody_in(guarded: FlaskClient) -> None:
    for wrong in ("", "wrong", PASSWORD + " ", "\ud800".encode("utf-8", "surrogatepass")):
        answer = sign_in(guarded, wrong)
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
    assert guarded.get("/sessions").status_code == 401
    page = sign_in(guarded, "wrong", headers=PAGE)
    assert page.status_code == 401
    assert "The password is wrong." in page.text


def test_a_cookie_that_was_tampered_with_is_worth_nothing(guarded: FlaskClient) -> None:
    sign_in(guarded)
    cookie = guarded.get_cookie("tenderline_login")
    assert cookie
    guarded.set_cookie("tenderline_login", cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B"))
    assert guarded.get("/sessions").status_code == 401


def test_a_login_ends_when_the_password_is_changed(make_app: MakeApp) -> None:
    client = make_app(access_password="old").test_client()
    sign_in(client, "old")
    cookie = client.get_cookie("tenderline_login")
    changed = make_app(access_password="new").test_client()
    assert cookie
    changed.set_cookie("tenderline_login", cookie.value)
    assert changed.get("/sessions").status_code == 401
    same = make_app(access_password="old").test_client()
    same.set_cookie("tenderline_login", cookie.value)
    assert same.get("/sessions").status_code == 200


def test_a_login_ends_after_its_time(guarded: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(guarded)
    monkeypatch.setattr("tenderline.web.access.LOGIN_SECONDS", -1)
    assert guarded.get("/sessions").status_code == 401


def test_signing_out_ends_the_login_of_this_browser(guarded: FlaskClient) -> None:
    sign_in(guarded)
    assert guarded.post("/logout").status_code == 200
    assert guarded.get("/sessions").status_code == 401


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\evil", "javascript:alert(1)", "/\tevil", "/a\nb", "", "/login", None],
)
def test_after_the_login_nobody_is_sent_elsewhere(target: str | None) -> None:
    assert local_path(target) == "/"


def test_after_the_login_local_addresses_are_kept() -> None:
    assert local_path("/docs?x=1") == "/docs?x=1"


def test_who_follows_a_link_from_another_site_is_asked_once_more_by_our_own_page(guarded: FlaskClient) -> None:
    page = guarded.get("/login?next=/docs", headers={**PAGE, "Sec-Fetch-Site": "cross-site"})
    assert '<meta name="again" content="/login?again=1&amp;next=/docs">' in page.text
    again = guarded.get("/login?again=1&next=/docs", headers={**PAGE, "Sec-Fetch-Site": "cross-site"})
    assert 'name="again"' not in again.text
    sign_in(guarded)
    assert guarded.get("/login?again=1&next=/docs", headers=PAGE).headers["Location"] == "/docs"


def test_the_eleventh_wrong_password_in_five_minutes_is_not_looked_at(guarded: FlaskClient) -> None:
    assert [sign_in(guarded, "wrong").status_code for _ in range(10)] == [401] * 10
    refused = sign_in(guarded)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 300
    page = sign_in(guarded, headers=PAGE)
    assert page.status_code == 429
    assert "Too many wrong passwords" in page.text
    elsewhere = sign_in(guarded, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


def test_wrong_passwords_from_everywhere_are_limited_together(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "OVERALL", 15)
    client = make_app(access_password=PASSWORD).test_client()
    codes = [sign_in(client, "wrong", environ_base={"REMOTE_ADDR": f"192.0.2.{number}"}).status_code for number in range(16)]
    assert codes == [401] * 15 + [429]


def test_the_right_password_forgets_the_wrong_ones(guarded: FlaskClient) -> None:
    for _ in range(3):
        assert [sign_in(guarded, "wrong").status_code for _ in range(9)] == [401] * 9
        assert sign_in(guarded).status_code == 200


def test_wrong_passwords_are_forgotten_after_five_minutes(tmp_path: Path) -> None:
    now = 1000.0
    settings = Settings(_env_file=None, data_dir=tmp_path)
    migrate(settings)
    database = Database(settings, clock=lambda: now)
    limiter = LoginLimiter(database)
    for _ in range(10):
        limiter.attempt("192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        limiter.attempt("192.0.2.1")
    assert refused.value.retry_after == pytest.approx(300)
    now += 301
    limiter.attempt("192.0.2.1")
    with database.read() as session:
        assert session.query(LoginAttempt).count() == 1
    database.close()


def test_a_whole_ipv6_subscriber_is_one_caller() -> None:
    assert logins.network("2001:db8::1") == logins.network("2001:db8::ffff") == "2001:db8::/64"
    assert logins.network("2001:db8:0:1::1") != logins.network("2001:db8::1")
    assert logins.network("::ffff:192.0.2.1") == logins.network("192.0.2.1")
    assert logins.network(None) == logins.network("somewhere") == "unknown"


HAMMER = """
import sys
from tenderline.database import Database
from tenderline.errors import RateLimited
from tenderline.settings import Settings
from tenderline.web.logins import LoginLimiter
database = Database(Settings(_env_file=None, data_dir=sys.argv[1]))
limiter = LoginLimiter(database)
passed = 0
print("ready", flush=True)
sys.stdin.readline()
for _ in range(6):
    try:
        limiter.attempt("192.0.2.1")
        passed += 1
    except RateLimited:
        pass
print(passed)
"""


def together(code: str, folder: Path) -> list[str]:
    """Run a program in four processes at once and return what each printed last."""
    command = [sys.executable, "-c", code, str(folder)]
    root = Path(__file__).parents[2]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(4)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert all(printed)
    return printed


def test_four_processes_together_try_ten_passwords_and_no_more(tmp_path: Path) -> None:
    migrate(Settings(_env_file=None, data_dir=tmp_path))
    assert 1 <= sum(int(passed) for passed in together(HAMMER, tmp_path)) <= 10


def test_the_signing_key_is_made_once_and_is_nobody_elses_to_read(make_app: MakeApp, tmp_path: Path) -> None:
    make_app()
    path = tmp_path / "data" / "secret_key"
    key = path.read_text()
    assert len(key) >= 48
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    make_app()
    assert path.read_text() == key


SIGN = """
import sys
from pathlib import Path
from tenderline.settings import Settings
from tenderline.web.secrets import secret_key
folders = [Settings(_env_file=None, data_dir=Path(sys.argv[1]) / str(number)) for number in range(60)]
print("ready", flush=True)
sys.stdin.readline()
print(*[secret_key(settings) for settings in folders])
"""


def test_processes_that_start_together_sign_with_the_same_key(tmp_path: Path) -> None:
    assert len(set(together(SIGN, tmp_path))) == 1


def test_everybody_is_local_unless_browsers_are_told_apart(app, client: FlaskClient) -> None:
    session = session_of(client)
    assert [item["session_id"] for item in app.test_client().get("/sessions").json["sessions"]] == [session]
    assert client.get_cookie("tenderline_owner") is None


def test_each_browser_sees_only_its_own_documents_and_tasks(make_app: MakeApp) -> None:
    app = make_app(owner_per_browser=True)
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        cookie = client.get("/", headers=PAGE).headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    session = session_of(first)
    task = first.post("/analyze_section", json={"session_id": session, "section_name": "Scope"}).json["task_id"]
    assert first.get(f"/task_status/{task}").status_code == 200
    assert second.get("/sessions").json["sessions"] == []
    assert second.get("/api/tasks").json["total_count"] == 0
    unknown = "00000000-0000-4000-8000-000000000000"
    for method, path in (("GET", "/sessions/{}"), ("DELETE", "/sessions/{}"), ("GET", "/task_status/{}"), ("POST", "/cancel_task/{}")):
        foreign = second.open(path.format(task if "task" in path else session), method=method)
        assert foreign.status_code == 404
        assert foreign.json == second.open(path.format(unknown), method=method).json
    for path in ("/get_section_content", "/analyze_section"):
        assert second.post(path, json={"session_id": session, "section_name": "Scope"}).status_code == 404
    assert second.post("/chat", json={"session_id": session, "message": "Who?"}).status_code == 404
    assert first.get(f"/sessions/{session}").status_code == 200


def test_a_forged_owner_cookie_makes_a_new_owner(make_app: MakeApp) -> None:
    app = make_app(owner_per_browser=True)
    first, second = app.test_client(), app.test_client()
    session_of(first)
    cookie = first.get_cookie("tenderline_owner")
    assert cookie
    second.set_cookie("tenderline_owner", cookie.value[:-2] + "xx")
    answer = second.get("/sessions")
    assert answer.json["sessions"] == []
    assert "tenderline_owner" in answer.headers["Set-Cookie"]
