"""Links: the books ids that a document needs of others, and whether those are there yet."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.documents import CreditNote, CreditNoteRefund, CustomerPayment, Document, Invoice
from app.domain.effects import State
from app.ports import Refused
from app.services.writing.customers import Customers
from app.store import outbox
from app.store.db import read
from app.store.outbox import Effect


def is_waited_for(group: Sequence[Effect], effect: Effect) -> bool:
    """Whether the effect that this one depends on isn't done yet; it may belong to another group."""
    if effect.depends_on is None:
        return False
    needed = next((one for one in group if one.id == effect.depends_on), None)
    if needed is None:
        with read() as session:
            needed = session.get_one(Effect, effect.depends_on)
    return State(needed.state) is not State.DONE


def links_for(target: str, customers: Customers, group: Sequence[Effect], document: Document) -> dict[str, str]:
    """The books ids by role. Refused if a customer can't be had, or if an original invoice is gone."""
    match document:
        case Invoice():
            return {"customer": customers.id_of(document.customer_name, document.currency)}
        case CustomerPayment():
            invoice = _in_group(group, "create_invoice")
            customer = invoice.customer_id or customers.id_of(document.customer_name, document.amount.currency)
            return {"customer": customer, "invoice": invoice.books_id or ""}
        case CreditNote():
            return _of_original(target, customers, document)
        case CreditNoteRefund():
            return {"credit_note": _in_group(group, "create_credit_note").books_id or ""}
        case _:
            return {}


_BY_HAND = (
    "Its sale {reference} was entered by hand, so Tieout doesn't know which invoice this refund belongs to. "
    "Enter the refund by hand too."
)


def _in_group(group: Sequence[Effect], action: str) -> Effect:
    return next(one for one in group if one.action == action)


def _of_original(target: str, customers: Customers, note: CreditNote) -> dict[str, str]:
    """A credit note copies the customer of its invoice and is linked to it."""
    with read() as session:
        found = outbox.known_references(session, target, "create_invoice", [note.sale_reference])
    original = found.get(note.sale_reference)
    if original is not None and original.books_id is None and original.settled_by:
        raise Refused(_BY_HAND.format(reference=note.sale_reference), cause="missing")
    if original is None or original.books_id is None:
        raise Refused(f"The invoice {note.sale_reference} of this refund is not in Zoho Books.", cause="missing")
    customer = original.customer_id or customers.id_of(note.customer_name, note.currency)
    return {"customer": customer, "invoice": original.books_id, "invoice_number": original.books_number or ""}
