"""Lists of what bears our references: address and filters of a kind, and which rows of the answer are ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.books.zoho.translate import RESOURCES, text
from app.domain.documents import DocumentKind
from app.domain.references import PREFIX, is_reference

_BY_PREFIX = (DocumentKind.CUSTOMER_PAYMENT, DocumentKind.EXPENSE)
"""Kinds whose list knows `reference_number_startswith` (Zoho Books v3, customer payments and expenses)."""


def listing(kind: DocumentKind, first: date, last: date | None) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Address, names of the list, and filters. Zoho ignores a filter it doesn't know."""
    resource = RESOURCES[kind]
    filters: dict[str, str] = {}
    if kind is not DocumentKind.CREDIT_NOTE_REFUND:
        filters["date_start"] = first.isoformat()
        if last is not None:
            filters["date_end"] = last.isoformat()
    if kind in _BY_PREFIX:
        filters["reference_number_startswith"] = PREFIX
    if resource.type:
        filters["transaction_type"] = resource.type
    return resource.path, resource.lists, filters


def is_ours(kind: DocumentKind, row: Mapping[str, object]) -> bool:
    """Whether a row is of this kind and bears a reference as Tieout makes them."""
    type_told = text(row.get("transaction_type"))
    own_type = not RESOURCES[kind].type or type_told in ("", RESOURCES[kind].type)
    return own_type and is_reference(text(row.get("reference_number")))
