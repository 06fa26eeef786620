"""Documents: what was or is to be written into Zoho Books."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from app.services.showing import documents, repairs
from app.web.guards import business, needs
from app.web.marks import ROW, mark
from app.web.outside import outside

pages = Blueprint("documents", __name__, url_prefix="/b/<slug>/documents")


@pages.get("")
@needs("accountant")
def show(slug: str) -> str:
    """One page of the list, newest first."""
    rows, older = documents.page(outside(), business().id, mark("before"))
    return render_template("documents/page.html", rows=rows, older=older, first=not mark("before"))


@pages.get(f"/<{ROW}:document_id>")
@needs("accountant")
def story(slug: str, document_id: int) -> str:
    """One document with everything that was tried on it."""
    found = documents.story(outside(), business().id, document_id)
    if found is None:
        abort(404)
    offered = repairs.of_document(outside(), business().id, document_id)
    return render_template("documents/story.html", story=found, repairs=offered)
