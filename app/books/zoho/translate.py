"""Zoho's JSON made into what the ports promise. Pure.

Zoho sends numbers as numbers or text, a single space for "nothing", and ids now and then as numbers. Amounts are
rounded to the currency's minor unit, ids are text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from app.domain.documents import (
    CreditNoteRefund,
    CustomerPayment,
    Document,
    DocumentKind,
)
from app.domain.money import Money
from app.ports import Account, Item, Organization, Posted

Row = Mapping[str, object]


class UnreadableError(ValueError):
    """A row that doesn't say what it must."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a kind of document lives in the API, and what its fields are called there."""

    path: str
    id_key: str
    single: str
    lists: tuple[str, ...]
    totals: tuple[str, ...]
    number: str = ""


RESOURCES = {
    DocumentKind.INVOICE: Resource(
        path="/invoices",
        id_key="invoice_id",
        single="invoice",
        lists=("invoices",),
        totals=("total",),
        number="invoice_number",
    ),
    DocumentKind.CUSTOMER_PAYMENT: Resource(
        path="/customerpayments",
        id_key="payment_id",
        single="payment",
        lists=("customerpayments", "customer_payments"),
        totals=("amount",),
        number="payment_number",
    ),
    DocumentKind.EXPENSE: Resource(
        path="/expenses", id_key="expense_id", single="expense", lists=("expenses",), totals=("total", "amount")
    ),
    DocumentKind.CREDIT_NOTE: Resource(
        path="/creditnotes",
        id_key="creditnote_id",
        single="creditnote",
        lists=("creditnotes",),
        totals=("total",),
        number="creditnote_number",
    ),
    DocumentKind.CREDIT_NOTE_REFUND: Resource(
        path="/creditnotes/refunds",
        id_key="creditnote_refund_id",
        single="creditnote_refund",
        lists=("creditnote_refunds",),
        totals=("amount", "amount_fcy", "amount_bcy"),
    ),
    DocumentKind.EXPENSE_REFUND: Resource(
        path="/banktransactions",
        id_key="transaction_id",
        single="banktransaction",
        lists=("banktransactions",),
        totals=("amount", "total"),
    ),
}


def posted_from(kind: DocumentKind, row: Row, asked: Document | None = None) -> Posted:
    """The document a row tells of; what `asked` for it fills what an answer leaves out, but never the id or total."""
    resource = RESOURCES[kind]
    stated = (number(row.get(name)) for name in resource.totals)
    amount = next((one for one in stated if one is not None), None)
    currency = text(row.get("currency_code")).upper() or (asked.total.currency if asked else "")
    if amount is None or not currency:
        raise UnreadableError("it names no total or no currency")
    total = _money(amount, currency)
    return Posted(
        id=identifier(row.get(resource.id_key)),
        kind=kind,
        reference=text(row.get("reference_number")) or (asked.reference if asked else ""),
        total=total,
        date=day(row.get("date")) or _asked_date(asked),
        home=_home(row, total, asked),
        number=text(row.get(resource.number)) if resource.number else "",
        status=text(row.get("status")),
        customer_id=text(row.get("customer_id")),
    )


def _home(row: Row, total: Money, asked: Document | None) -> Money | None:
    """What a foreign payment is worth by the rate Zoho kept, which may have fewer digits than the one sent."""
    if not isinstance(asked, CustomerPayment | CreditNoteRefund) or asked.home is None:
        return None
    rate = number(row.get("exchange_rate"))
    return None if rate is None else Money.rounded(total.amount * rate, asked.home.currency)


def organization_from(row: Row) -> Organization:
    """A row of `GET /organizations`."""
    return Organization(
        id=identifier(row.get("organization_id")),
        name=text(row.get("name")),
        currency=text(row.get("currency_code")).upper(),
        time_zone=text(row.get("time_zone")),
        active=row.get("is_org_active", True) not in (False, "false", "False", 0),
        plan=text(row.get("plan_name")),
    )


def account_from(row: Row) -> Account:
    """A row of the chart of accounts or of the bank accounts."""
    return Account(
        id=identifier(row.get("account_id")),
        name=text(row.get("account_name")),
        type=text(row.get("account_type")).lower(),
        active=row.get("is_active", True) not in (False, "false", "False", 0),
        currency=text(row.get("currency_code")).upper(),
    )


def item_from(row: Row) -> Item:
    """An item. `account_id` is "" where Zoho doesn't state the income account: its specification doesn't name it."""
    return Item(
        id=identifier(row.get("item_id")),
        name=text(row.get("name")),
        active=text(row.get("status")).lower() in ("", "active"),
        account_id=text(row.get("account_id")),
        inventory=text(row.get("item_type")).lower() == "inventory",
        taxable_percent=text(row.get("tax_percentage")).rstrip("% "),
    )


def identifier(value: object) -> str:
    """An id as text; UnreadableError without one."""
    found = text(value)
    if not found:
        raise UnreadableError("it has no id")
    return found


def text(value: object) -> str:
    """Text without blanks around it, a whole number as its digits, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value).strip()


def number(value: object) -> Decimal | None:
    """A number that may come as text; None for blanks and what is no number."""
    try:
        found = Decimal(text(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def day(value: object) -> date | None:
    """A date (`yyyy-MM-dd`, a time after it is cut off), None for blanks; UnreadableError for anything else."""
    found = text(value)
    if not found:
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError as error:
        raise UnreadableError(f"{found[:20]!r} is no date") from error


def _money(amount: Decimal, currency: str) -> Money:
    try:
        return Money.rounded(amount, currency)
    except (ValueError, ArithmeticError) as error:
        raise UnreadableError(f"{currency[:10]!r} is no currency, or the amount is out of range") from error


def _asked_date(asked: Document | None) -> date:
    if asked is None:
        raise UnreadableError("it has no date")
    return asked.date
