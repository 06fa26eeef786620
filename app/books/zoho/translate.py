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
    CreditNote,
    CreditNoteRefund,
    CustomerPayment,
    Document,
    DocumentKind,
)
from app.domain.money import Money
from app.ports import Account, Item, Organization, Posted, Tax

Row = Mapping[str, object]


class UnreadableError(ValueError):
    """A row that doesn't say what it must."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a kind of document lives in the API, and what its fields are called there.

    `type` is the transaction type of a kind that shares its address with others, `account` names the field of the
    account through which its money passes.
    """

    path: str
    id_key: str
    single: str
    lists: tuple[str, ...]
    totals: tuple[str, ...]
    number: str = ""
    type: str = ""
    account: str = ""


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
        account="account_id",
    ),
    DocumentKind.EXPENSE: Resource(
        path="/expenses",
        id_key="expense_id",
        single="expense",
        lists=("expenses",),
        totals=("total", "amount"),
        account="paid_through_account_id",
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
        account="from_account_id",
    ),
    DocumentKind.EXPENSE_REFUND: Resource(
        path="/banktransactions",
        id_key="transaction_id",
        single="banktransaction",
        lists=("banktransactions",),
        totals=("amount", "total"),
        type="expense_refund",
        account="to_account_id",
    ),
    DocumentKind.TRANSFER: Resource(
        path="/banktransactions",
        id_key="transaction_id",
        single="banktransaction",
        lists=("banktransactions",),
        totals=("amount", "total"),
        type="transfer_fund",
        account="from_account_id",
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
        home=home_of(row, total, asked),
        number=text(row.get(resource.number)) if resource.number else "",
        status=text(row.get("status")),
        customer_id=text(row.get("customer_id")),
        account_id=text(row.get(resource.account)) if resource.account else "",
    )


def home_of(row: Row, total: Money, asked: Document | None) -> Money | None:
    """What a foreign document is worth: as Zoho states it (lists of refunds do), or by the rate it kept, which may have
    fewer digits than the one sent."""
    if not isinstance(asked, CustomerPayment | CreditNote | CreditNoteRefund) or asked.home is None:
        return None
    stated, rate = number(row.get("amount_bcy")), number(row.get("exchange_rate"))
    worth = stated if stated is not None else total.amount * rate if rate is not None else None
    return None if worth is None else Money.rounded(worth, asked.home.currency)


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
    """A row of the chart of accounts or of the bank accounts; only the latter states a balance."""
    currency, balance = text(row.get("currency_code")).upper(), number(row.get("balance"))
    return Account(
        id=identifier(row.get("account_id")),
        name=text(row.get("account_name")),
        type=text(row.get("account_type")).lower(),
        active=row.get("is_active", True) not in (False, "false", "False", 0),
        currency=currency,
        balance=_money(balance, currency) if currency and balance is not None else None,
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
        tax_id=text(row.get("tax_id")),
    )


def tax_from(row: Row) -> Tax:
    """A row of `GET /settings/taxes`."""
    percent = text(row.get("tax_percentage"))
    name = text(row.get("tax_name"))
    return Tax(code=f"tax:{identifier(row.get('tax_id'))}", name=f"{name} ({percent}%)" if percent else name)


def exemption_from(row: Row) -> Tax | None:
    """A row of `GET /settings/taxexemptions`; None for one that holds for customers only."""
    if text(row.get("type")).lower() == "customer":
        return None
    code = f"exemption:{identifier(row.get('tax_exemption_id'))}"
    return Tax(code=code, name=f"Exempt: {text(row.get('tax_exemption_code'))}", exemption=True)


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
