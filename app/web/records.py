"""Records: every charge, refund and payout with its fate, and one's story."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from app.domain.fates import RULES, Fate
from app.domain.record_filter import KINDS, as_query, read_filter
from app.services.showing import records, repairs
from app.web.guards import business, needs
from app.web.marks import ROW, mark, words
from app.web.outside import outside

pages = Blueprint("records", __name__, url_prefix="/b/<slug>/records")

FATES = {
    Fate.HELD: "Needs you",
    Fate.FAILED: "Failed",
    Fate.WAITING: "Waiting",
    Fate.EXCLUDED: "Left out",
    Fate.POSTED: "In Zoho Books",
    Fate.IN_SUMMARY: "In a summary",
}
"""What the list of fates offers, most pressing first."""


@pages.get("")
@needs("accountant")
def show(slug: str) -> str:
    """One page of the list, newest first."""
    wanted = read_filter({**request.args.to_dict(), "q": words("q")})
    page = records.page(business().id, wanted, mark("before"), mark("after"))
    reason = RULES[wanted.rule].reason if wanted.rule else ""
    return render_template(
        "records/page.html", page=page, wanted=wanted, query=as_query(wanted), reason=reason, fates=FATES,
        kinds=KINDS, channels=records.channels(business().id),
    )  # fmt: skip


@pages.get(f"/<{ROW}:record_id>")
@needs("accountant")
def story(slug: str, record_id: int) -> str:
    """What became of one charge, refund or payout, and why."""
    found = records.story(outside(), business().id, record_id)
    if found is None:
        abort(404)
    offered = repairs.of_record(outside(), business().id, record_id)
    return render_template("records/story.html", story=found, repairs=offered)
