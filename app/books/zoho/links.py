"""Addresses of records in the Zoho Books web app.

The paths are those the web app shows in the address bar; no documentation names them, so a link that misses lands on
the organization's own start page.
"""

from __future__ import annotations

from app.books.zoho.datacenters import Datacenter

_PATHS = {
    "invoice": "invoices",
    "customer_payment": "paymentsreceived",
    "expense": "expenses",
    "credit_note": "creditnotes",
    "chart_of_accounts": "accountant/chartofaccounts",
}
_LISTS = {"transfer": "banking"}
"""What is only found in a list: a transfer's own page is named by the account it is looked at from."""


def web_link(place: Datacenter, organization_id: str, kind: str, books_id: str) -> str:
    """Where a person finds a record, or a list if `books_id` is ""; "" for what has no page of its own."""
    path = _LISTS.get(kind) or _PATHS.get(kind)
    if path is None:
        return ""
    return f"{place.web_url}/app/{organization_id}#/{path}{f'/{books_id}' if books_id and kind in _PATHS else ''}"
