"""Who is asking: the login when there is a password, and the owner of what is on the desk."""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from typing import cast
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, current_app, g, make_response, redirect, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from tenderline.errors import LoginRequired, RateLimited
from tenderline.settings import Settings
from tenderline.web.answers import Answer
from tenderline.web.context import answer, runtime, wants_page
from tenderline.web.logins import LoginLimiter
from tenderline.web.security import VERSION_KEY

LOGIN_COOKIE, OWNER_COOKIE = "tenderline_login", "tenderline_owner"
LOGIN_SECONDS = 7 * 24 * 3600
OWNER_SECONDS = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""
OWNER_RENEWAL = 30 * 24 * 3600

LOCAL = "local"
SIGNER = "tenderline_signer"
MAX_PASSWORD_CHARS = 1024

METRICS_PATH = "/metrics"
_OPEN_PATHS = ("/health", "/ready", "/login")
_FOREIGN_SITES = ("cross-site", "same-site")

access = Blueprint("access", __name__)


class Signer:
    """Signs and reads the two cookies."""

    def __init__(self, key: str, settings: Settings) -> None:
        password = settings.access_password.get_secret_value()
        self._password = _digest(password) if password else None
        token = settings.metrics_token.get_secret_value()
        self._metrics = _digest(token) if token else None
        # A login is worth nothing once the password was changed.
        self._epoch = hmac.new(key.encode(), password.encode(), hashlib.sha256).hexdigest()[:32]
        self._logins = URLSafeTimedSerializer(key, salt="login", signer_kwargs={"digest_method": hashlib.sha256})
        self._owners = URLSafeTimedSerializer(key, salt="owner", signer_kwargs={"digest_method": hashlib.sha256})

    @property
    def password_set(self) -> bool:
        return self._password is not None

    def right(self, password: str) -> bool:
        """Whether this is the password; takes as long either way."""
        return self._password is not None and hmac.compare_digest(self._password, _digest(password))

    def login(self) -> str:
        return self._logins.dumps(self._epoch)

    def logged_in(self, cookie: str | None) -> bool:
        try:
            return cookie is not None and hmac.compare_digest(str(self._logins.loads(cookie, max_age=LOGIN_SECONDS)), self._epoch)
        except BadSignature:
            return False

    def scraper(self, header: str | None) -> bool:
        """Whether an Authorization header carries the token that opens ``/metrics``."""
        scheme, _, token = (header or "").partition(" ")
        return self._metrics is not None and scheme.lower() == "bearer" and hmac.compare_digest(self._metrics, _digest(token.strip()))

    def owner(self, name: str) -> str:
        return self._owners.dumps(name)

    def owner_of(self, cookie: str | None) -> tuple[str | None, bool]:
        """The owner a cookie names, or None, and whether the cookie should be given anew."""
        if not cookie:
            return None, True
        try:
            owner, signed_at = self._owners.loads(cookie, max_age=OWNER_SECONDS, return_timestamp=True)
        except BadSignature:
            return None, True
        return str(owner), time.time() - signed_at.timestamp() > OWNER_RENEWAL


def register_access(app: Flask, key: str, settings: Settings) -> None:
    """Guard every path but the open ones, and know the owner of each request."""
    app.extensions[SIGNER] = Signer(key, settings)
    app.before_request(_require_login)
    app.after_request(_keep_owner)
    app.register_blueprint(access)


def current_owner() -> str:
    """Who owns what this request makes or asks for: this browser's own id with ``OWNER_PER_BROWSER=true``, else ``local``."""
    if not runtime().settings.owner_per_browser:
        return LOCAL
    if "owner" not in g:
        known, renew = _signer().owner_of(request.cookies.get(OWNER_COOKIE))
        g.owner = known or str(uuid.uuid4())
        g.set_owner = renew
    return str(g.owner)


def _keep_owner(response: Response) -> Response:
    """Give a new browser its id. Lax, not Strict: who follows a link from elsewhere must not become somebody new."""
    if g.get("set_owner"):
        _set_cookie(response, OWNER_COOKIE, _signer().owner(g.owner), OWNER_SECONDS, "Lax")
    return response


def _require_login() -> AnyResponse | None:
    signer = _signer()
    if not signer.password_set or request.path in _OPEN_PATHS or request.endpoint in ("static", "pages.plain_static"):
        return None
    if signer.logged_in(request.cookies.get(LOGIN_COOKIE)):
        return None
    if request.path == METRICS_PATH and signer.scraper(request.headers.get("Authorization")):
        return None
    if request.method in ("GET", "HEAD") and wants_page(request.headers.get("Accept")):
        return redirect("/login?next=" + quote(_here(), safe="/"), 303)
    raise LoginRequired("Please sign in.", hint="Open /login in the browser, or send the cookie it gives.")


@access.get("/login")
def login_page() -> AnyResponse:
    """The login page."""
    if not _signer().password_set or _signer().logged_in(request.cookies.get(LOGIN_COOKIE)):
        return redirect(local_path(request.args.get("next")), 303)
    again = None
    if request.headers.get("Sec-Fetch-Site") in _FOREIGN_SITES and "again" not in request.args:
        # Who follows a link from another site sends no Strict cookie: our own page asks once more (static/js/login.js).
        again = "/login?again=1&next=" + quote(local_path(request.args.get("next")), safe="/")
    return _page(None, 200, again)


@access.post("/login")
def login() -> AnyResponse:
    """Check the password; wrong ones are limited over all processes."""
    signer = _signer()
    page = wants_page(request.headers.get("Accept"))
    limiter = LoginLimiter(runtime().database)
    if signer.password_set:
        try:
            limiter.attempt(request.remote_addr)
        except RateLimited as error:
            if not page:
                raise
            minutes = max(1, round((error.retry_after or 60) / 60))
            response = _page(f"{error.message} Try again in about {minutes} minute{'s' if minutes > 1 else ''}.", 429)
            response.headers["Retry-After"] = str(round(error.retry_after or 60))
            return response
        if not signer.right(request.form.get("password", "")[:MAX_PASSWORD_CHARS]):
            if not page:
                raise LoginRequired("The password is wrong.")
            return _page("The password is wrong.", 401)
        limiter.succeeded(request.remote_addr)
    accepted: AnyResponse = redirect(local_path(request.args.get("next")), 303) if page else answer(Answer())
    _set_cookie(accepted, LOGIN_COOKIE, signer.login(), LOGIN_SECONDS, "Strict")
    return accepted


@access.post("/logout")
def logout() -> AnyResponse:
    """Forget the login of this browser."""
    response = redirect("/login", 303) if wants_page(request.headers.get("Accept")) else answer(Answer())
    response.delete_cookie(LOGIN_COOKIE, httponly=True, samesite="Strict", secure=request.is_secure)
    return response


def local_path(target: str | None) -> str:
    """Where to go after the login: a path of ours, or the page itself. Nothing that a browser could take for another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(letter) < 33 for letter in target):
        return "/"
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or "\\" in target or parts.path == "/login":
        return "/"
    return target


def _here() -> str:
    return request.full_path.rstrip("?")


def _page(error: str | None, status: int, again: str | None = None) -> Response:
    page = render_template("login.html", error=error, again=again, version=current_app.config[VERSION_KEY])
    return make_response(page, status)


def _set_cookie(response: AnyResponse, name: str, value: str, seconds: int, samesite: str) -> None:
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite=samesite, secure=request.is_secure)


def _signer() -> Signer:
    return cast(Signer, current_app.extensions[SIGNER])


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
