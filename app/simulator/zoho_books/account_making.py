"""Accounts that are added through the interface: to the chart, or as a bank account with a currency."""

from __future__ import annotations

from app.simulator.state import Row
from app.simulator.zoho_books.accounts import create_account, show_account, show_bank_account
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok
from app.simulator.zoho_books.book import Book, Call, Handler

_BANK_TYPES = ("bank", "credit_card")
_SYSTEM_TYPES = ("accounts_receivable", "accounts_payable")
_OF_A_CURRENCY = ("bank", "cash", "credit_card")


def _create_in_chart(call: Call) -> Answer:
    kind = call.body.get("account_type", "")
    if not kind or kind in _SYSTEM_TYPES:
        raise invalid("account_type")
    row = _add(call, kind, call.body.get("currency_id") if kind in _OF_A_CURRENCY else None)
    return ok("The account has been created.", 201, chart_of_account=show_account(call.book, row))


def _create_bank_account(call: Call) -> Answer:
    body = call.body
    if body["account_type"] not in _BANK_TYPES:
        raise invalid("account_type")
    code = body.get("currency_code")
    row = _add(call, body["account_type"], None if code else body.get("currency_id"), code)
    return ok("The account has been created.", 201, bankaccount=show_bank_account(call.book, row))


def _add(call: Call, kind: str, currency_id: str | None, currency_code: str | None = None) -> Row:
    book, name = call.book, str(call.body.get("account_name") or "").strip()
    if not name:
        raise invalid("account_name")
    if _is_taken(book, name):
        raise ZohoError(36060, f"The account name {name} already exists.")
    code = None
    if kind in _OF_A_CURRENCY:
        code = str(book.currency(key=currency_id, code=currency_code)["currency_code"])
    key = create_account(book, name, kind, code, str(call.body.get("account_code") or ""))
    return book.get("accounts", key, "Account")


def _is_taken(book: Book, name: str) -> bool:
    """Names are unique over all types, and an inactive account keeps its own."""
    return any(row["account_name"].lower() == name.lower() for row in book.all("accounts"))


HANDLERS: dict[str, Handler] = {
    "create_chart_of_account": _create_in_chart,
    "create_bank_account": _create_bank_account,
}
