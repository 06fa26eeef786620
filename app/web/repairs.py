"""Repairs: a page that says what will happen, and the doing of it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, make_response, render_template, request, url_for

from app.domain.repairs import Repair
from app.ports import NotConnected
from app.services.refusals import Refusal
from app.services.repairing import adoption, record_repairs, repairs
from app.services.showing import documents, records
from app.services.showing import repairs as shown
from app.web import forms, hx
from app.web.forms.repairs import RepairForm
from app.web.guards import business, needs
from app.web.marks import ROW
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("repairs", __name__, url_prefix="/b/<slug>")

_DONE = {
    Repair.SEND: "It goes out again now.",
    Repair.ADOPT: "The record in Zoho Books stands for it now.",
    Repair.BY_HAND: "Noted as done by hand.",
    Repair.LEAVE_OUT: "Left out.",
}


@pages.get(f"/documents/<{ROW}:document_id>/repair/<word>")
@needs("bookkeeper")
def ask(slug: str, document_id: int, word: str) -> Response:
    """Say what a repair of a document does and what stays, and ask."""
    return _ask(document_id, _repair(word), RepairForm(data={"on_clearing": True}), 200)


@pages.post(f"/documents/<{ROW}:document_id>/repair/<word>")
@needs("bookkeeper")
def act(slug: str, document_id: int, word: str) -> Response:
    """Repair a document."""
    repair, form = _repair(word), RepairForm(request.form)
    try:
        flash(_act(document_id, repair, form), "ok")
    except (Refusal, NotConnected) as error:
        return _refused(error, form, lambda: _ask(document_id, repair, form, 422))
    return hx.go(url_for("documents.story", slug=slug, document_id=document_id))


@pages.get(f"/records/<{ROW}:record_id>/repair/<word>")
@needs("bookkeeper")
def ask_record(slug: str, record_id: int, word: str) -> Response:
    """Say what a repair of a record does and what stays, and ask."""
    return _ask_record(record_id, _repair(word), RepairForm(data={"on_clearing": True}), 200)


@pages.post(f"/records/<{ROW}:record_id>/repair/<word>")
@needs("bookkeeper")
def act_record(slug: str, record_id: int, word: str) -> Response:
    """Repair a record without documents."""
    repair, form = _repair(word), RepairForm(request.form)
    try:
        _act_record(record_id, repair, form)
        flash(_DONE[repair], "ok")
    except (Refusal, NotConnected) as error:
        return _refused(error, form, lambda: _ask_record(record_id, repair, form, 422))
    return hx.go(url_for("records.story", slug=slug, record_id=record_id))


def _repair(word: str) -> Repair:
    if word not in set(Repair):
        abort(404)
    return Repair(word)


def _act(document_id: int, repair: Repair, form: RepairForm) -> str:
    world, key, person, seen = outside(), business().id, signed_in().email, form.seen.data or ""
    note = form.note.data or ""
    match repair:
        case Repair.CHECK:
            return repairs.check(world, key, document_id, seen, person)
        case Repair.SEND:
            repairs.send(world, key, document_id, seen, person)
        case Repair.BY_HAND:
            counted = bool(form.on_clearing.data)
            repairs.by_hand(world, key, document_id, seen, note, person, on_clearing=counted)
        case Repair.LEAVE_OUT:
            repairs.leave_out(world, key, document_id, seen, note, person)
        case Repair.ADOPT:
            agreed = (form.agreed.data or "") if form.confirmed.data else ""
            adoption.adopt(world, key, document_id, seen, form.books_id.data or "", agreed, note, person)
    return _DONE[repair]


def _act_record(record_id: int, repair: Repair, form: RepairForm) -> None:
    world, key, person, seen = outside(), business().id, signed_in().email, form.seen.data or ""
    if repair is Repair.LEAVE_OUT:
        record_repairs.leave_out(world, key, record_id, seen, form.note.data or "", person)
    elif repair is Repair.BY_HAND:
        counted = bool(form.on_clearing.data)
        record_repairs.by_hand(world, key, record_id, seen, form.note.data or "", person, on_clearing=counted)
    else:
        abort(404)


def _refused(error: Refusal | NotConnected, form: RepairForm, draw: Callable[[], Response]) -> Response:
    forms.blame(form, error if isinstance(error, Refusal) else Refusal(str(error)))
    return draw()


def _ask(document_id: int, repair: Repair, form: RepairForm, status: int) -> Response:
    found = shown.of_document(outside(), business().id, document_id)
    story = documents.story(outside(), business().id, document_id)
    if found is None or story is None:
        abort(404)
    offer = next((one for one in found.offers if one.word == repair), None)
    page = render_template(
        "repairs/document.html",
        document=story.document,
        repair=repair,
        offer=offer,
        seen=found.seen,
        form=form,
        concerned=shown.concerned(outside(), business().id, document_id, repair),
        **(_choice(document_id, form) if repair is Repair.ADOPT and offer and not offer.why_not else {}),
    )
    return make_response(page, status)


def _choice(document_id: int, form: RepairForm) -> dict[str, object]:
    """The record named in the address or the form, or else what the books hold under the document's reference."""
    named = request.args.get("books_id", "")[:300] or form.books_id.data or ""
    try:
        if named:
            return {"chosen": adoption.candidate(outside(), business().id, document_id, named)}
        return {"candidates": adoption.candidates(outside(), business().id, document_id)}
    except (Refusal, NotConnected) as error:
        return {"trouble": str(error)}


def _ask_record(record_id: int, repair: Repair, form: RepairForm, status: int) -> Response:
    found = shown.of_record(outside(), business().id, record_id)
    story = records.story(outside(), business().id, record_id)
    if found is None or story is None:
        abort(404)
    offer = next((one for one in found.offers if one.word == repair), None)
    page = render_template(
        "repairs/record.html", record=story.record, repair=repair, offer=offer, seen=found.seen, form=form
    )
    return make_response(page, status)
