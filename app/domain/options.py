"""The optional settings, applied to the documents of a plan: tax, own numbers, and the first open day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from app.domain.documents import CreditNote, Document, Invoice
from app.domain.planning import Plan, PlanFacts


def with_options(made: Plan, facts: PlanFacts, taxes: Mapping[str, str]) -> Plan:
    """The plan with what is chosen under "More settings".

    `taxes` holds, by its reference, the tax of each invoice that a credit note of the plan belongs to and that was
    planned earlier: a refund bears what its sale bore, whatever is chosen now.
    """
    rules, first_open = facts.rules, facts.first_open_day
    if not (rules.tax or rules.own_numbers or first_open or any(taxes.values())):
        return made
    known = dict(taxes) | {one.reference: rules.tax for one in made.documents if isinstance(one, Invoice)}
    sets = tuple(
        msgspec.structs.replace(one, documents=tuple(_apply(document, facts, known) for document in one.documents))
        for one in made.sets
    )
    return msgspec.structs.replace(made, sets=sets)


def _apply(document: Document, facts: PlanFacts, taxes: Mapping[str, str]) -> Document:
    if isinstance(document, Invoice | CreditNote):
        sale = document.reference if isinstance(document, Invoice) else document.sale_reference
        number = document.reference if facts.rules.own_numbers else ""
        document = msgspec.structs.replace(document, tax=taxes.get(sale, ""), number=number)
    first_open = facts.first_open_day
    return moved(document, first_open) if first_open and document.date < first_open else document


def moved(document: Document, day: date) -> Document:
    """The document dated `day`, its true date at the head of its text."""
    words = f"Of {document.date:%-d %b %Y}, in a locked period."
    if isinstance(document, Invoice):
        return msgspec.structs.replace(document, date=day, notes=f"{words} {document.notes}".strip())
    if isinstance(document, CreditNote):
        first, *others = document.lines
        line = msgspec.structs.replace(first, description=f"{words} {first.description}".strip())
        return msgspec.structs.replace(document, date=day, lines=(line, *others))
    return msgspec.structs.replace(document, date=day, description=f"{words} {document.description}".strip())
