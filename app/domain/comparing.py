"""Comparing a document as it should be with what the books answered. Pure."""

from __future__ import annotations

from app.domain.documents import KIND_LABELS, CreditNote, CustomerPayment, Document, DocumentKind, kind_of
from app.domain.money import Money


def rounding(document: Document, home: Money | None) -> int | None:
    """Minor home units by which a rate's rounding misses what the provider credited; None if nothing is missed.

    `home` is the worth that the books answered, None where they told none. Of a refund it is told by its credit note:
    both are sent with one rate, and the answer to the refund names none (Zoho Books v3, credit notes).
    """
    if not isinstance(document, CustomerPayment | CreditNote) or document.home is None or home is None:
        return None
    return (home - document.home).minor or None


def wrong_total(document: Document, answered: Money) -> str:
    """A sentence if the books made it another total, else ""."""
    if answered == document.total:
        return ""
    kind = kind_of(document)
    said = f"Zoho Books made the {KIND_LABELS[kind].lower()} {answered}, but it should be {document.total}."
    if kind is DocumentKind.INVOICE:
        return f"{said} The likely cause is tax that Zoho adds: check the tax of the Default Item and of the customer."
    return f"{said} Correct it there, then press Sync Now."
