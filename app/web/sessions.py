"""The cookie and who is behind it. It holds a random token and the CSRF secret; the sign-in itself is a row."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, request, session
from flask_login import LoginManager, current_user, login_user, logout_user

from app.config import Config
from app.services.people import sign_ins
from app.services.people.sign_ins import Visitor
from app.web.outside import outside


class Caller:
    """What Flask-Login keeps for one request; its id in the cookie is the token, never a user's number."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, visitor: Visitor) -> None:
        self.token = token
        self.visitor = visitor

    def get_id(self) -> str:
        return self.token


def install(app: Flask) -> None:
    """Set the cookie's rules and let Flask-Login find the sign-in behind its token."""
    secure = cast("Config", app.extensions["config"]).secure
    app.config.update(
        SESSION_COOKIE_NAME="__Host-tieout" if secure else "tieout",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # Strict would come back from Zoho's consent page signed out
        SESSION_COOKIE_PATH="/",
    )
    manager = LoginManager(app)
    # An address or a browser may change under a person: the sign-in's row decides, not a fingerprint.
    manager.session_protection = None
    manager.user_loader(_caller_of)


def _caller_of(token: str) -> Caller | None:
    found = sign_ins.visitor(outside().clock, token)
    return Caller(token, found) if found else None


def visitor() -> Visitor | None:
    """Who sent this request, None if nobody is signed in."""
    return current_user.visitor if current_user.is_authenticated else None


def signed_in() -> Visitor:
    """Who sent this request, for handlers that only a signed-in person reaches."""
    found = visitor()
    if found is None:
        raise RuntimeError("this route declares no role, yet asks who is there")
    return found


def enter(token: str) -> None:
    """Put a new sign-in into the cookie: a new token and a new CSRF secret, and the old sign-in ends."""
    leave()
    found = _caller_of(token)
    if found is not None:
        login_user(found)


def leave() -> None:
    """End this browser's sign-in and empty its cookie."""
    if current_user.is_authenticated:
        sign_ins.end(outside().clock, current_user.token)
        logout_user()
    session.clear()


def address() -> str:
    """Where the request comes from, for counting failures."""
    return request.remote_addr or current_app.name
