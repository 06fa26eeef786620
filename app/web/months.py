"""Months: what happened in one, day by day, made to be printed."""

from __future__ import annotations

import re
from datetime import date

from flask import Blueprint, abort, render_template

from app.services.showing import months
from app.web.guards import business, needs
from app.web.outside import outside
from app.web.records import FATES

pages = Blueprint("months", __name__, url_prefix="/b/<slug>/months")

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@pages.get("")
@needs("accountant")
def newest(slug: str) -> str:
    """The present month."""
    return _page(None)


@pages.get("/<month>")
@needs("accountant")
def show(slug: str, month: str) -> str:
    """The month written `2026-11`."""
    found = _MONTH.fullmatch(month)
    if found is None:
        abort(404)
    return _page(date(int(found[1]), int(found[2]), 1))


def _page(month: date | None) -> str:
    view = months.view(business().id, business().time_zone, outside().clock.now(), month)
    return render_template("months/page.html", month=view, fates=FATES)
