"""The custom field that takes our reference and refuses doubles: is it there, and how it is sent.

Read from its definition, `GET /settings/fields?entity=` (Zoho Books v3, custom fields; the answer's `is_unique` as
live clients read it). Nothing is written to find out.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.books.zoho.client import JsonObject, ZohoClient
from app.books.zoho.translate import text
from app.domain.documents import DocumentKind

API_NAME = "cf_tieout_ref"
"""What Zoho calls a field labelled "Tieout ref"."""

FIELD_ENTITIES = {
    DocumentKind.INVOICE: "invoice",
    DocumentKind.CUSTOMER_PAYMENT: "customer_payment",
    DocumentKind.EXPENSE: "expense",
    DocumentKind.CREDIT_NOTE: "creditnote",
}
"""Kinds that have custom fields, by Zoho's word for them in its settings."""


def unique_field(client: ZohoClient, kind: DocumentKind) -> str:
    """The id of the field where it is active and refuses doubles, "" otherwise."""
    for row in client.rows("/settings/fields", ("fields",), {"entity": FIELD_ENTITIES[kind]}):
        named = text(row.get("api_name")) == API_NAME
        if named and row.get("is_unique") is True and row.get("is_active", True) is not False:
            return text(row.get("field_id")) or text(row.get("customfield_id"))
    return ""


def with_unique_field(body: JsonObject, reference: str, links: Mapping[str, str]) -> JsonObject:
    """The body with the reference in the unique field, if there is one."""
    field = links.get("unique_field", "")
    return {**body, "custom_fields": [{"customfield_id": field, "value": reference}]} if field else body
