"""Documents made into Zoho's JSON, and Zoho's JSON made into what the ports promise. Pure.

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
    Expense,
    ExpenseRefund,
    Invoice,
)
from app.domain.money import Money
from app.ports import Account, Item, Organization, Posted

MOST_LINE_TEXT, MOST_PAYMENT_TEXT, MOST_EXPENSE_TEXT, MOST_NOTES = 2000, 500, 100, 5000
"""Characters: lines and expenses by the specification; it states none for payments and notes, so these are careful."""

PAYMENT_MODE = "others"
"""The one documented mode that claims nothing about how the customer paid."""

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


def invoice_body(invoice: Invoice, customer_id: str) -> dict[str, object]:
    """The body of `POST /invoices`. Amounts include tax; the account follows from the item."""
    lines = [
        {
            "item_id": line.item_id,
            "description": line.description[:MOST_LINE_TEXT],
            "rate": line.amount.amount,
            "quantity": 1,
        }
        for line in invoice.lines
    ]
    return {
        "customer_id": customer_id,
        "reference_number": invoice.reference,
        "date": invoice.date.isoformat(),
        "is_inclusive_tax": True,
        "line_items": lines,
        **_optional("notes", invoice.notes[:MOST_NOTES]),
        **_rate(invoice.exchange_rate),
    }


def payment_body(payment: CustomerPayment, customer_id: str, invoice_id: str) -> dict[str, object]:
    """The body of `POST /customerpayments`, the whole amount applied to one invoice."""
    return {
        "customer_id": customer_id,
        "payment_mode": PAYMENT_MODE,
        "amount": payment.amount.amount,
        "date": payment.date.isoformat(),
        "reference_number": payment.reference,
        "account_id": payment.account_id,
        "invoices": [{"invoice_id": invoice_id, "amount_applied": payment.amount.amount}],
        **_optional("description", payment.description[:MOST_PAYMENT_TEXT]),
        **_rate(payment.exchange_rate),
    }


def expense_body(expense: Expense, currency_id: str = "") -> dict[str, object]:
    """The body of `POST /expenses`; `currency_id` only when it isn't the organization's own currency."""
    return {
        "account_id": expense.account_id,
        "paid_through_account_id": expense.paid_through_account_id,
        "date": expense.date.isoformat(),
        "amount": expense.amount.amount,
        "reference_number": expense.reference,
        **_optional("description", expense.description[:MOST_EXPENSE_TEXT]),
        **_optional("currency_id", currency_id),
    }


def credit_note_body(note: CreditNote, customer_id: str, invoice_number: str) -> dict[str, object]:
    """The body of `POST /creditnotes`. The invoice's number stands in the text too, should linking fail."""
    original = f" (invoice {invoice_number})" if invoice_number else ""
    lines = [
        {
            "name": f"Refund{original}",
            "description": line.description[:MOST_LINE_TEXT],
            "rate": line.amount.amount,
            "quantity": 1,
            "account_id": note.account_id,
        }
        for line in note.lines
    ]
    return {
        "customer_id": customer_id,
        "reference_number": note.reference,
        "date": note.date.isoformat(),
        "is_inclusive_tax": True,
        "line_items": lines,
        **_optional("notes", f"Refund of {note.sale_reference}{original}"),
        **_rate(note.exchange_rate),
    }


def credit_note_refund_body(refund: CreditNoteRefund) -> dict[str, object]:
    """The body of `POST /creditnotes/{id}/refunds`: it books a withdrawal and moves no real money."""
    return {
        "date": refund.date.isoformat(),
        "amount": refund.amount.amount,
        "from_account_id": refund.account_id,
        "refund_mode": PAYMENT_MODE,
        "reference_number": refund.reference,
        **_optional("description", refund.description[:MOST_PAYMENT_TEXT]),
        **_rate(refund.exchange_rate),
    }


def expense_refund_body(refund: ExpenseRefund, currency_id: str = "") -> dict[str, object]:
    """The body of `POST /banktransactions` for a fee that came back."""
    return {
        "transaction_type": "expense_refund",
        "from_account_id": refund.account_id,
        "to_account_id": refund.deposit_to_account_id,
        "amount": refund.amount.amount,
        "date": refund.date.isoformat(),
        "reference_number": refund.reference,
        **_optional("description", refund.description[:MOST_PAYMENT_TEXT]),
        **_optional("currency_id", currency_id),
    }


def posted_from(kind: DocumentKind, row: Row, asked: Document | None = None) -> Posted:
    """The document a row tells of; what `asked` for it fills what an answer leaves out, but never the id or total."""
    resource = RESOURCES[kind]
    amount = next((number(row.get(name)) for name in resource.totals if number(row.get(name)) is not None), None)
    currency = text(row.get("currency_code")).upper() or (asked.total.currency if asked else "")
    if amount is None or not currency:
        raise UnreadableError("it names no total or no currency")
    return Posted(
        id=identifier(row.get(resource.id_key)),
        kind=kind,
        reference=text(row.get("reference_number")) or (asked.reference if asked else ""),
        total=_money(amount, currency),
        date=day(row.get("date")) or _asked_date(asked),
        home=_home(row, _money(amount, currency), asked),
        number=text(row.get(resource.number)) if resource.number else "",
        status=text(row.get("status")),
        customer_id=text(row.get("customer_id")),
    )


def _home(row: Row, total: Money, asked: Document | None) -> Money | None:
    """What a foreign payment is worth by the rate Zoho kept, which may have fewer digits than the one sent."""
    rate = number(row.get("exchange_rate"))
    if not isinstance(asked, CustomerPayment | CreditNoteRefund) or asked.home is None or rate is None:
        return None
    return Money.rounded(total.amount * rate, asked.home.currency)


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


def _optional(name: str, value: str) -> dict[str, object]:
    return {name: value} if value else {}


def _rate(exchange_rate: Decimal | None) -> dict[str, object]:
    return {} if exchange_rate is None else {"exchange_rate": exchange_rate}
