"""Records: every charge, refund and payout with its fate, and one's story."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from app.services.showing import records, repairs
from app.web.guards import business, needs
from app.web.marks import ROW, mark, words
from app.web.outside import outside

pages = Blueprint("records", __name__, url_prefix="/b/<slug>/records")


@pages.get("")
@needs("accountant")
def show(slug: str) -> str:
    """One page of the list, newest first."""
    search = words("q")
    page = records.page(business().id, mark("before"), mark("after"), search)
    return render_template("records/page.html", page=page, search=search)


@pages.get(f"/<{ROW}:record_id>")
@needs("accountant")
def story(slug: str, record_id: int) -> str:
    """What became of one charge, refund or payout, and why."""
    found = records.story(outside(), business().id, record_id)
    if found is None:
        abort(404)
    offered = repairs.of_record(outside(), business().id, record_id)
    return render_template("records/story.html", story=found, repairs=offered)
