"""The preview of a business: what Sync Now would write, and why the rest stays out."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.ports import OutsideError
from app.services.refusals import Refusal
from app.services.showing import preview
from app.services.syncing import runs
from app.web.guards import business, needs
from app.web.outside import outside

pages = Blueprint("preview", __name__, url_prefix="/b/<slug>/preview")


@pages.get("")
@needs("accountant")
def show(slug: str) -> str:
    """One page of the documents that would be written, or why that can't be told."""
    why = runs.why_not_ready(outside(), business().id)
    if why:
        return render_template("preview/page.html", preview=None, trouble=why)
    first = request.args.get("first", "")
    try:
        found = preview.view(outside(), business().id, int(first) if first.isdecimal() and len(first) < 9 else 0)
    except (OutsideError, Refusal) as error:
        return render_template("preview/page.html", preview=None, trouble=str(error), detail=error.detail)
    return render_template("preview/page.html", preview=found)
