"""The preview: what Sync Now would write, document by document, as a person reads it before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.call_budget import Forecast
from app.domain.documents import (
    KIND_LABELS,
    CreditNote,
    CreditNoteRefund,
    CustomerPayment,
    Document,
    Invoice,
    kind_of,
)
from app.domain.entries import Entry, entry_of
from app.domain.money import Money, total
from app.domain.rules import Rules
from app.ports import BooksPosting, Request
from app.services.business import settings
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.planning import plans
from app.services.planning.plans import Preview
from app.services.showing import forecast

PAGE = 100


@dataclass(frozen=True)
class PreviewDocument:
    """One document: its entry, and name and value of every field that would be sent."""

    number: int
    kind: str
    day: date
    reference: str
    amount: Money
    entry: Entry
    path: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LeftOut:
    """What would not be written for one reason: how many records, and their value per currency."""

    fate: str
    says: str
    count: int
    values: tuple[Money, ...]


@dataclass(frozen=True)
class PreviewView:
    """One page of the preview, with what the run takes."""

    plan_hash: str
    count: int
    rows: tuple[PreviewDocument, ...]
    first: int
    next: int | None
    forecast: Forecast
    left: tuple[LeftOut, ...]


def view(outside: Outside, business_id: int, first: int = 0) -> PreviewView:
    """Read, plan and describe; nothing is written. OutsideError if a side can't be read, Refusal without settings."""
    made = plans.preview(outside, business_id)
    posting = books_connection.books_of(outside, business_id).posting
    rules = settings.current_rules(business_id)
    documents = [document for _key, document in made.in_order]
    rows = enumerate(documents[first : first + PAGE], start=first + 1) if rules else ()
    told = forecast.of_preview(outside, business_id, made)
    return PreviewView(
        plan_hash=made.plan_hash,
        count=len(documents),
        rows=tuple(_row(number, document, posting, rules) for number, document in rows if rules),
        first=first,
        next=first + PAGE if first + PAGE < len(documents) else None,
        forecast=told,
        left=tuple(_left(made)),
    )


def _row(number: int, document: Document, posting: BooksPosting, rules: Rules) -> PreviewDocument:
    asked = posting.request(document, links_in_words(document))
    return PreviewDocument(
        number=number,
        kind=KIND_LABELS[kind_of(document)],
        day=document.date,
        reference=document.reference,
        amount=document.total,
        entry=entry_of(document, rules),
        path=f"POST {asked.path}",
        fields=tuple(_fields(asked, rules)),
    )


def links_in_words(document: Document) -> dict[str, str]:
    """Words in place of the ids that the books give only while the run goes on."""
    match document:
        case Invoice():
            return {"customer": f"the id of {document.customer_name}"}
        case CustomerPayment():
            customer, invoice = f"the id of {document.customer_name}", f"the id of invoice {document.reference}"
            return {"customer": customer, "invoice": invoice}
        case CreditNote():
            invoice = f"the id of invoice {document.sale_reference}"
            number = f"the number of invoice {document.sale_reference}"
            return {"customer": f"the id of {document.customer_name}", "invoice": invoice, "invoice_number": number}
        case CreditNoteRefund():
            return {"credit_note": f"the id of credit note {document.reference}"}
        case _:
            return {}


def _fields(asked: Request, rules: Rules) -> Iterator[tuple[str, str]]:
    for name, value in asked.query.items():
        yield f"?{name}", value
    for name, value in _flat(asked.body, ""):
        called = rules.names.get(value)
        yield name, f"{value} ({called})" if called else value


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every leaf of a body with its path, as `line_items[1].rate`."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _flat(entry, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, entry in enumerate(value, start=1):
            yield from _flat(entry, f"{name}[{number}]")
    else:
        yield name, ("true" if value else "false") if isinstance(value, bool) else str(value)


def _left(made: Preview) -> Iterator[LeftOut]:
    """What would not be written, by reason, the most pressing fate first."""
    reasons: dict[tuple[str, str], list[Money]] = {}
    for row in made.movements:
        if row["fate"] != "planned":
            amount = Money.of(Decimal(row["amount"]), row["currency"])
            reasons.setdefault((row["fate"], row["says"]), []).append(amount)
    urgent = ("held", "failed", "waiting", "excluded")
    for (fate, says), amounts in sorted(reasons.items(), key=lambda one: (urgent.index(one[0][0]), one[0][1])):
        currencies = sorted({amount.currency for amount in amounts})
        values = tuple(total((a for a in amounts if a.currency == code), code) for code in currencies)
        yield LeftOut(fate, says, len(amounts), values)
