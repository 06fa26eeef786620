"""What stands in the simulated Zoho Books, beside what a preview said would stand there: the same words for both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.simulator.zoho_books.book import Book
from tests.expected_books import Accounts, Doc

Row = dict[str, Any]
Told = tuple[Any, ...]
"""Kind, then every field of a document."""

KINDS = {
    "invoice": "invoices",
    "customer_payment": "customer_payments",
    "expense": "expenses",
    "credit_note": "credit_notes",
    "credit_note_refund": "credit_note_refunds",
    "expense_refund": "bank_transactions",
    "transfer": "bank_transactions",
}
TYPES = {"expense_refund": "expense_refund", "transfer": "transfer_fund"}
"""What a bank transaction calls itself, by the kind that a preview names."""
LISTS = {"customer_payments": "customerpayments", "credit_notes": "creditnotes",
         "credit_note_refunds": "creditnote_refunds", "bank_transactions": "banktransactions"}  # fmt: skip
NOUGHT = Decimal(0)


@dataclass
class ZohoSide:
    """The simulated books; remembers what it has shown already."""

    book: Book
    seen: set[str] = field(default_factory=set)

    def new_rows(self) -> list[tuple[str, Row]]:
        """Kind (as a preview names it) and row of every document made since the last look."""
        found = [
            (kind, row)
            for kind, rows in KINDS.items()
            for row in self.book.all(rows)
            if row["id"] not in self.seen and row.get("transaction_type") == TYPES.get(kind)
        ]
        self.seen |= {row["id"] for _kind, row in found}
        return found

    def balance(self, account_id: str) -> Decimal:
        """Debits minus credits, in the base currency."""
        return self.book.ledger.balance(account_id).base

    def moved(self, row: Row, account_id: str) -> Decimal:
        """What one document did to an account, in the base currency."""
        entry = self.book.ledger.entry(row["id"])
        lines = entry["lines"] if entry else []
        return sum((one["base_debit"] - one["base_credit"] for one in lines if one["account_id"] == account_id), NOUGHT)

    def owed(self) -> dict[str, tuple[Decimal, Decimal]]:
        """What each customer owes by the ledger, in its own and in the base currency."""
        account, owed = self.book.system_account("receivables"), dict[str, tuple[Decimal, Decimal]]()
        for entry in self.book.ledger.entries_of(account):
            own, base = owed.get(entry["customer_id"], (NOUGHT, NOUGHT))
            for line in (one for one in entry["lines"] if one["account_id"] == account):
                own += line["debit"] - line["credit"]
                base += line["base_debit"] - line["base_credit"]
            owed[entry["customer_id"]] = own, base
        return owed

    def described(self, kind: str, row: Row) -> Doc:
        """A row as the second bookkeeper writes it."""
        name = KINDS[kind]
        amount = row["total"] if "total" in row else row["amount"]
        accounts = tuple(dict.fromkeys(_accounts(kind, row)))
        customer = row["customer_name"] if kind not in ("expense", *TYPES) else ""
        return Doc(LISTS.get(name, name), row["reference_number"], row["date"], amount, row["currency_code"], customer,
                   accounts)  # fmt: skip

    def of_row(self, kind: str, row: Row) -> Told:
        """Every field of a document as it stands in the books."""
        head = (kind, row["reference_number"], row["date"], row["currency_code"], row["exchange_rate"])
        match kind:
            case "invoice":
                lines = tuple(
                    (one["item_id"], one["description"], _figure(one["item_total"])) for one in row["line_items"]
                )
                return *head, row["customer_name"], lines, row["notes"]
            case "credit_note":
                lines = tuple(
                    (one["account_id"], one["description"], _figure(one["item_total"])) for one in row["line_items"]
                )
                return *head, row["customer_name"], lines, self._reference("invoices", row["linked_invoice_id"])
            case "customer_payment":
                applied = tuple(self._reference("invoices", one["invoice_id"]) for one in row["invoices"])
                return (
                    *head,
                    row["customer_name"],
                    _figure(row["amount"]),
                    row["account_id"],
                    row["description"],
                    applied,
                )
            case "credit_note_refund":
                of = self._reference("credit_notes", row["creditnote_id"])
                return *head, _figure(row["amount"]), row["from_account_id"], row["description"], of
            case _:
                return *head, _figure(row["amount"]), _accounts(kind, row), row["description"]

    def of_preview(self, said: Row) -> Told:
        """The same of a document that a preview announced: the rate as the organization keeps it."""
        kind = said["type"]
        currency = said["currency"] if "currency" in said else said["amount"]["currency"]
        head = (kind, said["reference"], said["date"], currency, self._kept(said.get("exchange_rate")))
        match kind:
            case "invoice":
                return *head, said["customer_name"], tuple(_lines(said, "item_id")), said["notes"]
            case "credit_note":
                lines = tuple((said["account_id"], *rest) for _none, *rest in _lines(said, ""))
                return *head, said["customer_name"], lines, said["sale_reference"]
            case "customer_payment":
                own = (_figure(said["amount"]["amount"]), said["account_id"], said["description"])
                return *head, said["customer_name"], *own, (said["reference"],)
            case "credit_note_refund":
                own = (_figure(said["amount"]["amount"]), said["account_id"], said["description"])
                return *head, *own, said["reference"]
            case _:
                return *head, _figure(said["amount"]["amount"]), _announced(said), said["description"]

    def _kept(self, rate: str | None) -> Decimal:
        places = Decimal(1).scaleb(-self.book.settings["exchange_rate_decimals"])
        return Decimal(rate).quantize(places, ROUND_HALF_UP) if rate else Decimal(1)

    def _reference(self, rows: str, key: str) -> str:
        found = self.book.peek(rows, key)
        return str(found["reference_number"]) if found else ""


def accounts_of(names: dict[str, str]) -> Accounts:
    """The ids of the accounts that the tests choose, by their names in the simulated chart."""
    return Accounts(names["Sales"], names["HitPay Fees"], names["Refunds payable"], names["HitPay Clearing"])


def _accounts(kind: str, row: Row) -> tuple[str, ...]:
    match kind:
        case "invoice" | "credit_note":
            return tuple(one["account_id"] for one in row["line_items"])
        case "customer_payment":
            return (row["account_id"],)
        case "expense":
            return row["account_id"], row["paid_through_account_id"]
        case _:
            return (row["from_account_id"],) if kind == "credit_note_refund" else (
                row["from_account_id"], row["to_account_id"])  # fmt: skip


def _announced(said: Row) -> tuple[str, ...]:
    if said["type"] == "transfer":
        return said["from_account_id"], said["to_account_id"]
    other = "paid_through_account_id" if said["type"] == "expense" else "deposit_to_account_id"
    return said["account_id"], said[other]


def _lines(said: Row, own: str) -> Iterator[Told]:
    for line in said["lines"]:
        yield line.get(own, ""), line["description"], _figure(line["amount"]["amount"])


def _figure(amount: Decimal | str) -> str:
    return f"{Decimal(str(amount)).normalize():f}"
