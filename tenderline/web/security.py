"""What every request must satisfy and every answer carries: hosts, origins, headers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from tenderline.errors import Forbidden, MalformedRequest
from tenderline.settings import MAX_UPLOAD_BYTES, Settings

VERSION_KEY = "TENDERLINE_VERSION"
TRUSTED_KEY = "TENDERLINE_TRUSTED_HOSTS"

MAX_BODY_BYTES = 256 * 1024
MAX_FORM_BYTES = MAX_UPLOAD_BYTES + 2 * 1024 * 1024
"""A document, a checklist and what the form puts around them."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers post our own login form with "Origin: null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def register_security(app: Flask, settings: Settings) -> None:
    """Refuse foreign hosts and origins, bound bodies, set the headers, read forwarded headers of as many proxies as are trusted."""
    app.config[TRUSTED_KEY] = tuple(_bare(name) for name in settings.trusted_hosts)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = 16
    app.before_request(_require_known_host)
    app.before_request(_require_own_origin)
    app.after_request(_set_headers)
    if count := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def refuse_foreign() -> None:
    """Raise ``Forbidden`` when another site's page made the browser send this request. Requests of other programs pass."""
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin")
    if site in ("cross-site", "same-site") or (origin is not None and not _is_own(origin)):
        raise Forbidden("Another site made this request.", hint="Open Tenderline itself and repeat it there.")


def host_is_trusted(host: str | None, trusted: tuple[str, ...]) -> bool:
    """Whether a Host header names one of ``trusted``: names, ``.suffixes`` that include their subdomains, or ``*`` for all."""
    match = _HOST.fullmatch((host or "").lower())
    if match is None or (match[2] and not 0 < int(match[2]) < 65536):
        return False
    name = match[1]
    return any(known in ("*", name) or (known.startswith(".") and (name == known[1:] or name.endswith(known))) for known in trusted)


def _require_known_host() -> None:
    if request.path == "/health":  # health checks come by address
        return
    original = request.environ.get("werkzeug.proxy_fix.orig", {}).get("HTTP_HOST")
    trusted: tuple[str, ...] = current_app.config[TRUSTED_KEY]
    # Behind a proxy both names count: whoever reaches us directly could send a trusted X-Forwarded-Host with any Host.
    if not all(host_is_trusted(host, trusted) for host in {request.environ.get("HTTP_HOST"), original} - {None} or {None}):
        raise MalformedRequest(
            "This server does not answer to the host name of this request.", hint="If the name is right, add it to TRUSTED_HOSTS."
        )


def _require_own_origin() -> None:
    if request.method not in _SAFE_METHODS:
        refuse_foreign()


def _authority(origin: str) -> tuple[str, str] | None:
    """Host and port of an origin; None for ``null`` and for what isn't one."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.hostname, str(port or _DEFAULT_PORTS[parts.scheme])


def _is_own(origin: str) -> bool:
    """Whether an origin is our host and port. A Host without port means the default port of the scheme that the browser names: a proxy
    that ends TLS may not say which one it was."""
    asking = _authority(origin)
    scheme = origin.partition("://")[0]
    return asking is not None and asking == _authority(f"{scheme}://{request.environ.get('HTTP_HOST', '')}")


def _set_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers or request.endpoint == "static":
        response.headers["Cache-Control"] = _cache_control(response)
    return response


def _cache_control(response: Response) -> str:
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        return "public, max-age=31536000, immutable"
    return "no-store"


def _bare(name: str) -> str:
    """A trusted host as it is compared: lower case, IDNA, without a port."""
    lowered = name.strip().lower()
    if lowered.count(":") > 1 and not lowered.startswith("["):
        return f"[{lowered}]"
    match = _HOST.fullmatch(lowered)
    if match:
        return match[1]
    try:
        return lowered.partition(":")[0].encode("idna").decode("ascii")
    except UnicodeError:
        return lowered
