"""`/healthz`, for machines that ask whether this process answers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from app.web.guards import public

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def show() -> Response:
    """`{"ok": true}` as long as requests are answered."""
    return jsonify(ok=True)
