"""Runs: the history of syncs, kept for good."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

from app.services.showing import documents
from app.services.syncing import runs
from app.services.syncing.runs import RunView
from app.web import hx
from app.web.guards import business, needs
from app.web.marks import ROW, mark
from app.web.outside import outside

pages = Blueprint("runs", __name__, url_prefix="/b/<slug>/runs")

_PAGE = 50


@pages.get("")
@needs("accountant")
def show(slug: str) -> str:
    """One page of the list, newest first."""
    before = mark("before")
    found = runs.latest(outside(), business().id, _PAGE + 1, int(before) if before.isdecimal() else None)
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    return render_template("runs/page.html", rows=found[:_PAGE], older=older, first=not before)


@pages.get(f"/<{ROW}:run_id>")
@needs("accountant")
def story(slug: str, run_id: int) -> str:
    """One run: how it went and what it planned."""
    return render_template("runs/story.html", **_story(run_id))


@pages.get(f"/<{ROW}:run_id>/progress")
@needs("accountant")
def progress(slug: str, run_id: int) -> Response:
    """The same as a part of the page, asked for while the run goes on."""
    run = _run(run_id)
    if run.live:
        return make_response(render_template("runs/_progress.html", run=run))
    return hx.instead_of("#run", render_template("runs/_run.html", **_story(run_id)))


def _story(run_id: int) -> dict[str, object]:
    return {"run": _run(run_id), "documents": documents.of_run(outside(), business().id, run_id)}


def _run(run_id: int) -> RunView:
    found = runs.one(outside(), business().id, run_id)
    if found is None:
        abort(404)
    return found
