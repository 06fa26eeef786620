"""Documents: what was or is to be written into Zoho Books."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from app.domain.documents import KIND_LABELS
from app.services.showing import documents, repairs
from app.web.guards import business, needs
from app.web.marks import ROW, mark, words
from app.web.outside import outside

pages = Blueprint("documents", __name__, url_prefix="/b/<slug>/documents")

FATES = {"held": "Needs you", "failed": "Refused", "waiting": "Waiting", "posted": "In Zoho Books"}
KINDS = {kind.value: label for kind, label in KIND_LABELS.items()}


@pages.get("")
@needs("accountant")
def show(slug: str) -> str:
    """One page of the list, newest first."""
    asked = {name: one for name, one in _asked().items() if one}
    rows, older = documents.page(
        outside(), business().id, mark("before"), asked.get("fate", ""), asked.get("kind", ""), asked.get("q", "")
    )
    return render_template(
        "documents/page.html", rows=rows, older=older, first=not mark("before"), asked=asked, fates=FATES, kinds=KINDS
    )


def _asked() -> dict[str, str]:
    """What the address asks for; what means nothing is as if it weren't there."""
    fate, kind = words("fate"), words("kind")
    return {"q": words("q"), "fate": fate if fate in FATES else "", "kind": kind if kind in KINDS else ""}


@pages.get(f"/<{ROW}:document_id>")
@needs("accountant")
def story(slug: str, document_id: int) -> str:
    """One document with everything that was tried on it."""
    found = documents.story(outside(), business().id, document_id)
    if found is None:
        abort(404)
    offered = repairs.of_document(outside(), business().id, document_id)
    return render_template("documents/story.html", story=found, repairs=offered)
