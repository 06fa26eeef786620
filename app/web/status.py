"""The status page of a business, its progress while a sync runs, and Sync Now."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for

from app.services.refusals import Refusal
from app.services.showing import health, status
from app.services.syncing import runs
from app.services.syncing.runs import TooSoon
from app.web import drafts, hx
from app.web.drafts import keeps
from app.web.filters import when_short
from app.web.guards import business, needs
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("status", __name__, url_prefix="/b/<slug>")


@pages.get("/")
@needs("accountant")
def show(slug: str) -> str:
    """Is everything in, and what needs a person."""
    if drafts.given() is not None:
        flash("You were signed out, so the sync wasn't started. Press Sync Now again.", "wait")
    return render_template("status/page.html", status=status.view(outside(), business()))


@pages.app_context_processor
def _health() -> dict[str, object]:
    """Let the status page ask for the health of its business."""
    return {"health_of": lambda: health.view(outside(), business().id)}


@pages.get("/progress")
@needs("accountant")
def progress(slug: str) -> Response:
    """What changed since the page was drawn: nothing, the progress alone, or the whole status."""
    seen, was_live = request.args.get("seen", ""), request.args.get("live") == "1"
    newest = next(iter(runs.latest(outside(), business().id, 1)), None)
    same = newest is not None and str(newest.id) == seen
    if newest and newest.live and same and was_live:
        return make_response(render_template("status/_progress.html", run=newest))
    if (same or newest is None) and not was_live:
        return hx.nothing_new()
    body = render_template("status/_status.html", status=status.view(outside(), business()))
    return hx.instead_of("#status", body)


@pages.post("/sync")
@keeps("status.show")
@needs("bookkeeper")
def sync(slug: str) -> Response:
    """Queue a sync; the worker takes it at once."""
    try:
        runs.request_manual(outside(), business().id, signed_in().user_id)
    except TooSoon as refusal:
        flash(f"{refusal.sentence} The next one is possible at {when_short(refusal.possible_at).striptags()}.", "wait")
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    return hx.go(url_for("status.show", slug=slug))
