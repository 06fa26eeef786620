"""Bank transactions that stand alone: deposits, transfers between money accounts, refunds of expenses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.simulator.state import Row
from app.simulator.zoho_books.accounts import EXPENSE_TYPES, MONEY_TYPES
from app.simulator.zoho_books.answers import Answer, ok
from app.simulator.zoho_books.book import Book, Call, Handler, balanced
from app.simulator.zoho_books.listing import Listing, lister

NOUN = "Bank transaction"
_INCOME = ("income", "other_income")
_LIABILITIES = ("other_current_liability", "long_term_liability", "equity")
_FROM: Mapping[str, tuple[str, ...]] = {  # from which accounts each type takes; all go to a money account
    "deposit": (*_INCOME, *_LIABILITIES, *MONEY_TYPES, "other_asset"),
    "transfer_fund": MONEY_TYPES,
    "expense_refund": EXPENSE_TYPES,
    "sales_without_invoices": _INCOME,
    "other_income": _INCOME,
}


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    book.require_open(body["date"])
    source = book.account(body["from_account_id"], "from_account_id", _FROM[body["transaction_type"]])
    target = book.account(body["to_account_id"], "to_account_id", MONEY_TYPES)
    own = source["currency_id"] or target["currency_id"]
    currency = book.currency(body.get("currency_id") or own)
    code = currency["currency_code"]
    buyer = book.get("contacts", body["customer_id"], "Customer") if body.get("customer_id") else {}
    row: Row = {
        "id": book.new_id(),
        "transaction_type": body["transaction_type"],
        "from_account_id": source["id"],
        "from_account_name": source["account_name"],
        "to_account_id": target["id"],
        "to_account_name": target["account_name"],
        "amount": book.money(body["amount"], "amount", code),
        "date": body["date"],
        "reference_number": body.get("reference_number", ""),
        "description": body.get("description", ""),
        "payment_mode": body.get("payment_mode", ""),
        "currency_id": currency["id"],
        "currency_code": code,
        "exchange_rate": book.rate(currency, body.get("exchange_rate")),
        "customer_id": buyer.get("id", ""),
        "customer_name": buyer.get("contact_name", ""),
    }
    stored = book.add("bank_transactions", row)
    enter(book, stored)
    return ok("The bank transaction has been recorded.", 201, banktransaction=_show(book, stored))


def enter(book: Book, row: Row) -> None:
    """Post a bank transaction; posting again after a change replaces the entry."""
    code, amount = row["currency_code"], row["amount"]
    base: Decimal = book.round(amount * row["exchange_rate"])
    lines = [
        book.line(row["to_account_id"], amount, base, code),
        book.line(row["from_account_id"], -amount, -base, code),
    ]
    book.ledger.post(
        row["id"],
        row["date"],
        balanced(book, lines, "exchange"),
        kind=row["transaction_type"],
        number="",
        reference_number=row["reference_number"],
        customer_id=row["customer_id"],
        payee=row["customer_name"],
    )


def _found(call: Call) -> Row:
    return call.book.get("bank_transactions", call.path["bank_transaction_id"], NOUN)


def _delete(call: Call) -> Answer:
    book, row = call.book, _found(call)
    book.require_open(row["date"])
    book.ledger.reverse(row["id"])
    book.remove("bank_transactions", row["id"])
    return ok("The transaction has been deleted.")


def _show(book: Book, row: Row) -> Row:
    return {
        "transaction_id": row["id"],
        **{name: value for name, value in row.items() if name not in ("id", "created_at", "modified_at")},
        "total": row["amount"],
        "bcy_total": book.round(row["amount"] * row["exchange_rate"]),
        "bank_charges": 0,
        "tax_id": "",
    }


def _show_in_list(_: Book, row: Row, account: str = "") -> Row:
    taken = account == row["from_account_id"]
    side, other = ("from", "to") if taken else ("to", "from")
    same = ("date", "amount", "transaction_type", "reference_number", "description", "customer_id", "currency_id",
            "currency_code")  # fmt: skip
    return {
        "transaction_id": row["id"],
        **{name: row[name] for name in same},
        "status": "manually_added",
        "source": "manually_added",
        "account_id": row[f"{side}_account_id"],
        "account_name": row[f"{side}_account_name"],
        "debit_or_credit": "credit" if taken else "debit",
        "offset_account_name": row[f"{other}_account_name"],
        "payee": row["customer_name"],
    }


def _touches(_: Book, row: Row, wanted: str) -> bool:
    return wanted in (row["from_account_id"], row["to_account_id"])


def _list(call: Call) -> Answer:
    account = call.query.get("account_id", "")
    listing = Listing(
        "bank_transactions",
        "banktransactions",
        "Bank Transactions",
        lambda book, row: _show_in_list(book, row, account),
        text=("reference_number", "transaction_type"),
        dates=("date",),
        amounts=("amount",),
        search=("customer_name", "description"),
        extra={"account_id": _touches},
    )
    return lister(listing)(call)


HANDLERS: dict[str, Handler] = {
    "list_bank_transactions": _list,
    "create_bank_transaction": _create,
    "get_bank_transaction": lambda call: ok(banktransaction=_show(call.book, _found(call))),
    "delete_bank_transaction": _delete,
}
