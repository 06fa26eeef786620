"""Test: asks both sides a few things and says what it found, beside the settings or on a page of its own."""

from __future__ import annotations

from flask import Blueprint, Response

from app.services.showing import checkup
from app.web import hx
from app.web.drafts import keeps
from app.web.guards import business, needs
from app.web.outside import outside

pages = Blueprint("checkup", __name__, url_prefix="/b/<slug>/test")


@pages.get("")
@needs("bookkeeper")
def show(slug: str) -> Response:
    """What the test looks at, and its button: opening a page must call nobody."""
    return hx.page("checkup/page.html", "checkup/_result.html", checkup=None)


@pages.post("")
@keeps("checkup.show")
@needs("bookkeeper")
def run(slug: str) -> Response:
    """Ask both sides. The answer is never an error page, however they answer."""
    return hx.page("checkup/page.html", "checkup/_result.html", checkup=checkup.run(outside(), business()))
