"""Requests forged by other sites: a token bound to the cookie, and where the browser says the request began."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, request
from flask_wtf.csrf import CSRFProtect

from app.web.outside import config

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

protection = CSRFProtect()


def install(app: Flask) -> None:
    """Check every request that changes something, before anything else looks at it."""
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # as long as the sign-in, so a page left open over lunch still saves
        WTF_CSRF_SSL_STRICT=False,  # `_began_here` says the same without needing a Referer
    )
    app.before_request(_refuse_foreign)
    protection.init_app(app)


def _refuse_foreign() -> None:
    if request.method not in _SAFE and not _began_here():
        abort(403)


def _began_here() -> bool:
    """Whether the browser says that one of our own pages (or the person himself) sent this."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or origin == config().public_url.rstrip("/") or urlsplit(origin).netloc == request.host
