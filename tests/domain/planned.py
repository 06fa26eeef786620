"""Plans beside raw rows: facts made from what a test's world says, and documents in the second bookkeeper's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.domain.charges import Refund
from app.domain.documents import (
    CreditNoteRefund,
    Document,
    DocumentKind,
    Expense,
    ExpenseRefund,
    Invoice,
    Transfer,
    kind_of,
)
from app.domain.money import Money
from app.domain.planning import PlanFacts
from app.domain.rules import Grouping, Rules, RulesVersion
from app.domain.windows import Window
from tests.any_world import Decided, Reading
from tests.expected_books import Accounts, Doc
from tests.provider_truth import Row, instant_of

ACCOUNTS = Accounts("sales", "fees", "refunds", "clearing")
LISTS = {
    DocumentKind.INVOICE: "invoices",
    DocumentKind.CUSTOMER_PAYMENT: "customerpayments",
    DocumentKind.EXPENSE: "expenses",
    DocumentKind.CREDIT_NOTE: "creditnotes",
    DocumentKind.CREDIT_NOTE_REFUND: "creditnote_refunds",
    DocumentKind.EXPENSE_REFUND: "banktransactions",
}
SIGNS = {"customerpayments": 1, "expenses": -1, "creditnote_refunds": -1, "banktransactions": 1}
"""Which way a document moves the clearing account; the others don't touch it."""


def rules_of(decided: Decided) -> Rules:
    """The rules that stand for what a person chose."""
    return Rules(
        sales_account=ACCOUNTS.sales,
        fee_account=ACCOUNTS.fees,
        refund_account=ACCOUNTS.refunds,
        bank_account=ACCOUNTS.clearing,
        default_item="item",
        clearing_currency="SGD",
        grouping=Grouping(decided.grouping),
        channels=decided.channels,
    )


def facts_of(zone: ZoneInfo, reading: Reading, days: Mapping[tuple[date, str], int]) -> PlanFacts:
    """What planning knows at a reading; `days` are the numbers of the last sets of days."""
    return PlanFacts(
        versions=tuple(RulesVersion(one.at, rules_of(one)) for one in reading.decided),
        windows=tuple(Window(*period) for period in reading.periods),
        zone=zone,
        now=reading.now,
        read_through=reading.now,
        base_currency="SGD",
        days_planned=tuple((*key, number) for key, number in days.items()),
        locked_until=reading.locked_until,
    )


def refund_of(row: Row) -> Refund:
    """A raw refund as the domain has it; currencies are told by the id of its charge's row."""
    return Refund(
        id=row["id"],
        charge_id=row["payment_id"],
        amount=Money.of(row["amount_refunded"], row["currency"]),
        refunded_at=instant_of(row["refunded_at"]),
    )


def described(document: Document) -> Doc:
    """A planned document in the second bookkeeper's words; the refund of a credit note has the note's customer."""
    kind, total = LISTS[kind_of(document)], document.total
    customer = getattr(document, "customer_name", "")
    if isinstance(document, CreditNoteRefund):
        customer = f"HitPay Sales ({total.currency})"
    when, accounts = document.date.isoformat(), _accounts(document)
    return Doc(kind, document.reference, when, total.amount, total.currency, customer, accounts)


def moved(document: Document) -> Iterator[tuple[tuple[str, str], Decimal]]:
    """Kind and reference, and what the document does to the clearing account, if it touches it."""
    kind = LISTS[kind_of(document)]
    home: Money | None = getattr(document, "home", None)
    worth = document.total if home is None else home
    if kind in SIGNS and worth:
        yield (kind, document.reference), SIGNS[kind] * worth.amount


def _accounts(document: Document) -> tuple[str, ...]:
    match document:
        case Invoice():
            return tuple({ACCOUNTS.sales for line in document.lines if line.item_id == "item"})
        case Expense():
            return document.account_id, document.paid_through_account_id
        case ExpenseRefund():
            return document.account_id, document.deposit_to_account_id
        case Transfer():
            return document.from_account_id, document.to_account_id
        case _:
            return (document.account_id,)
