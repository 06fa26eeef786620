"""Expenses: an expense account, paid through a money account."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.ledger import Line
from app.simulator.state import Row
from app.simulator.zoho_books.accounts import EXPENSE_TYPES, MONEY_TYPES
from app.simulator.zoho_books.answers import Answer, ok
from app.simulator.zoho_books.book import Book, Call, Handler, balanced
from app.simulator.zoho_books.custom_fields import release_values, take_values
from app.simulator.zoho_books.listing import Listing, lister
from app.simulator.zoho_books.taxes import split_tax, tax_of

NOUN = "Expense"
_PAYING_TYPES = (*MONEY_TYPES, "other_current_liability", "equity", "long_term_liability")


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    book.require_open(body["date"])
    account = book.account(body["account_id"], "account_id", EXPENSE_TYPES)
    paying = book.account(body["paid_through_account_id"], "paid_through_account_id", _PAYING_TYPES)
    currency = book.currency(body.get("currency_id"))
    code = currency["currency_code"]
    buyer = book.get("contacts", body["customer_id"], "Customer") if body.get("customer_id") else {}
    tax = tax_of(book, body.get("tax_id"))
    amount = book.money(body["amount"], "amount", code)
    net, tax_amount = split_tax(book, amount, tax, bool(body.get("is_inclusive_tax")), code)
    new_id = book.new_id()
    row: Row = {
        "id": new_id,
        "account_id": account["id"],
        "account_name": account["account_name"],
        "paid_through_account_id": paying["id"],
        "paid_through_account_name": paying["account_name"],
        "date": body["date"],
        "amount": amount,
        "sub_total": net,
        "tax_amount": tax_amount,
        "total": net + tax_amount,
        "tax_id": tax["id"] if tax else "",
        "is_inclusive_tax": bool(body.get("is_inclusive_tax")),
        "currency_id": currency["id"],
        "currency_code": code,
        "exchange_rate": book.rate(currency, body.get("exchange_rate")),
        "reference_number": body.get("reference_number"),
        "description": body.get("description", ""),
        "customer_id": buyer.get("id", ""),
        "customer_name": buyer.get("contact_name", ""),
        "custom_fields": take_values(book, "expenses", body, new_id),
    }
    stored = book.add("expenses", row)
    enter(book, stored)
    return ok("The expense has been recorded.", 201, expense=_show(book, stored))


def enter(book: Book, row: Row) -> None:
    """Post an expense; posting again after a change replaces the entry."""
    code, rate = row["currency_code"], row["exchange_rate"]
    sides = ((row["account_id"], row["sub_total"]), (book.system_account("tax"), row["tax_amount"]))
    lines = [Line(account, amount, book.round(amount * rate), code) for account, amount in sides]
    paid: Decimal = row["total"]
    lines.append(book.line(row["paid_through_account_id"], -paid, -book.round(paid * rate), code))
    book.ledger.post(
        row["id"],
        row["date"],
        balanced(book, lines, "exchange"),
        kind="expense",
        number="",
        reference_number=row["reference_number"] or "",
        customer_id=row["customer_id"],
        payee=row["customer_name"],
    )


def _found(call: Call) -> Row:
    return call.book.get("expenses", call.path["expense_id"], NOUN)


def _delete(call: Call) -> Answer:
    book, row = call.book, _found(call)
    book.require_open(row["date"])
    book.ledger.reverse(row["id"])
    release_values(book, row)
    book.remove("expenses", row["id"])
    return ok("The expense has been deleted.")


def _show(book: Book, row: Row) -> Row:
    more = ("account_id", "paid_through_account_id", "paid_through_account_name", "amount", "sub_total", "tax_amount",
            "tax_id", "is_inclusive_tax", "exchange_rate", "custom_fields")  # fmt: skip
    return {
        **_show_in_list(book, row),
        "transaction_id": "",
        "transaction_type": "expense",
        **{name: row[name] for name in more},
    }


def _show_in_list(book: Book, row: Row) -> Row:
    same = ("date", "account_name", "description", "currency_id", "currency_code", "total", "reference_number",
            "customer_id", "customer_name", "paid_through_account_name")  # fmt: skip
    return {
        "expense_id": row["id"],
        **{name: row[name] for name in same},
        "bcy_total": book.round(row["total"] * row["exchange_rate"]),
        "bcy_total_without_tax": book.round(row["sub_total"] * row["exchange_rate"]),
        "total_without_tax": row["sub_total"],
        "is_billable": False,
        "status": "nonbillable",
        "created_time": book.local_time(row["created_at"]),
        "last_modified_time": book.local_time(row["modified_at"]),
        "expense_type": "non-mileage",
    }


_LISTING = Listing(
    "expenses",
    "expenses",
    "Expenses",
    _show_in_list,
    text=("reference_number", "description", "account_name", "customer_name", "customer_id", "paid_through_account_id"),
    dates=("date",),
    amounts=("amount",),
    search=("account_name", "description", "customer_name"),
)

HANDLERS: dict[str, Handler] = {
    "list_expenses": lister(_LISTING),
    "create_expense": _create,
    "get_expense": lambda call: ok(expense=_show(call.book, _found(call))),
    "delete_expense": _delete,
}
