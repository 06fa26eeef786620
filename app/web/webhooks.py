"""The door for deliveries of payment providers: no person, no form, no answer but a status."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.services.connections import webhooks
from app.web.csrf import protection
from app.web.guards import public
from app.web.outside import outside

pages = Blueprint("webhooks", __name__)

_STATUS = {"taken": 200, "refused": 401, "busy": 429}


@pages.post("/webhooks/<provider>/<token>")
@protection.exempt  # type: ignore[untyped-decorator]  # a machine has no cookie: the signature tells who it is
@public
def receive(provider: str, token: str) -> Response:
    """Take a delivery in. What it hints at is worked off later; why one is refused is nobody's concern."""
    verdict = webhooks.receive(outside(), provider, token, request.get_data(cache=False), dict(request.headers))
    return Response(status=_STATUS[verdict], mimetype="text/plain")
