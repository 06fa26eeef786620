"""Where Zoho sends a browser back to after its consent page. The one GET that changes something."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for

from app.services.connections import consent
from app.services.refusals import Refusal
from app.web import headers
from app.web.guards import SIGNED_IN, needs
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("oauth", __name__)


@pages.get("/oauth/zoho/callback")
@needs(SIGNED_IN)
def callback() -> Response:
    """Redeem the answer; the page closes its window, or leads back where there is none to close."""
    given = {name: request.args.get(name, "") for name in ("state", "code", "error")}
    sign_in, refusal = signed_in().sign_in, None
    slug = consent.slug_of(sign_in, given["state"])
    try:
        consent.finish(outside(), sign_in, **given, accounts_server=request.args.get("accounts-server", ""))
    except Refusal as found:
        refusal = found
    back = url_for("zoho.show", slug=slug) if slug else url_for("overview.show")
    body = render_template("zoho/returned.html", back=back, refusal=refusal)
    return headers.keep_opener(make_response(body, 422 if refusal else 200))
