"""The chart of accounts, bank accounts, and the ledger lines of one account."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.simulator.ledger import Balance
from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ok, text_of
from app.simulator.zoho_books.book import Book, Call, Handler
from app.simulator.zoho_books.listing import Listing, lister, page_content, select

MONEY_TYPES = ("bank", "cash", "credit_card", "payment_clearing", "other_current_asset")
EXPENSE_TYPES = ("expense", "other_expense", "cost_of_goods_sold")
_CREDIT_TYPES = (
    "income",
    "other_income",
    "other_current_liability",
    "long_term_liability",
    "equity",
    "accounts_payable",
)
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Asset": ("other_asset", "other_current_asset", "cash", "bank", "fixed_asset", "accounts_receivable"),
    "Liability": ("other_current_liability", "credit_card", "long_term_liability", "accounts_payable"),
    "Equity": ("equity",),
    "Income": ("income", "other_income"),
    "Expense": EXPENSE_TYPES,
}


def create_account(
    book: Book, name: str, account_type: str, currency_code: str | None = None, code: str = "", system: bool = False
) -> str:
    """Add an account and answer its id. Money accounts have a currency (None: the base currency)."""
    currency = book.currency(code=currency_code) if currency_code or account_type in ("bank", "cash") else None
    row: Row = {
        "id": book.new_id(),
        "account_name": name,
        "account_code": code,
        "account_type": account_type,
        "is_active": True,
        "is_system_account": system,
        "currency_id": currency["id"] if currency else "",
        "currency_code": currency["currency_code"] if currency else "",
    }
    return str(book.add("accounts", row)["id"])


def set_active(book: Book, account_id: str, active: bool) -> None:
    """Switch an account on or off."""
    book.save("accounts", {**book.get("accounts", account_id, "Account"), "is_active": active})


def account_id(book: Book, name: str) -> str:
    """The id of the account called `name`. Raises KeyError when there is none."""
    found = book.find("accounts", "account_name", name)
    if not found:
        raise KeyError(f"organization {book.id} has no account called {name}")
    return str(found[0]["id"])


def shown_balance(book: Book, row: Row) -> tuple[Decimal, Decimal]:
    """An account's balance on its natural side: in its own currency (else base), and in the base currency."""
    balance: Balance = book.ledger.balance(row["id"])
    sign = -1 if row["account_type"] in _CREDIT_TYPES else 1
    own = balance.amount if row["currency_code"] else balance.base
    return sign * own, sign * balance.base


def show_account(book: Book, row: Row) -> Row:
    """An account as the chart of accounts tells it."""
    return {
        "account_id": row["id"],
        "account_name": row["account_name"],
        "account_code": row["account_code"],
        "account_type": row["account_type"],
        "is_user_created": not row["is_system_account"],
        "is_system_account": row["is_system_account"],
        "is_active": row["is_active"],
        "currency_id": row["currency_id"],
        "currency_code": row["currency_code"],
        "current_balance": None,
        "parent_account_id": "",
        "created_time": book.local_time(row["created_at"]),
        "last_modified_time": book.local_time(row["modified_at"]),
    }


def _show_with_balance(book: Book, row: Row) -> Row:
    return {**show_account(book, row), "current_balance": shown_balance(book, row)[0]}


def _account_filter(_: Book, row: Row, wanted: str) -> bool:
    family = wanted.removeprefix("AccountType.")
    if family in ("Active", "Inactive"):
        return bool(row["is_active"]) == (family == "Active")
    return row["account_type"] in _FAMILIES[family] if family in _FAMILIES else True


def _accounts(show: bool) -> Listing:
    return Listing(
        "accounts",
        "chartofaccounts",
        "Chart of Accounts",
        _show_with_balance if show else show_account,
        text=("account_name", "account_code"),
        search=("account_name", "account_code"),
        sort=("account_name", "A"),
        extra={"filter_by": _account_filter, "account_id": lambda _, row, wanted: bool(row["id"] == wanted)},
    )


def _list_accounts(call: Call) -> Answer:
    return lister(_accounts(call.query.get("showbalance") == "true"))(call)


def show_bank_account(book: Book, row: Row) -> Row:
    """An account as the list of bank accounts tells it, with its balance."""
    own, base = shown_balance(book, row)
    return {
        "account_id": row["id"],
        "account_name": row["account_name"],
        "account_code": row["account_code"],
        "currency_id": row["currency_id"],
        "currency_code": row["currency_code"],
        "account_type": row["account_type"],
        "account_number": "",
        "uncategorized_transactions": 0,
        "is_active": row["is_active"],
        "balance": own,
        "bank_balance": 0,
        "bcy_balance": base,
        "bank_name": "",
    }


def _bank_filter(_: Book, row: Row, wanted: str) -> bool:
    state = wanted.removeprefix("Status.")
    return bool(row["is_active"]) == (state == "Active") if state in ("Active", "Inactive") else True


_BANK_ACCOUNTS = Listing(
    "accounts", "bankaccounts", "Bank Accounts", show_bank_account, sort=("account_name", "A"),
    extra={"filter_by": _bank_filter},
)  # fmt: skip


def _list_bank_accounts(call: Call) -> Answer:
    rows = [row for row in select(call, _BANK_ACCOUNTS) if row["account_type"] in ("bank", "cash", "credit_card")]
    return ok(**page_content(call, _BANK_ACCOUNTS, rows))


_LEDGER_LINES = Listing(
    "lines",
    "transactions",
    "Account Transactions",
    lambda _, row: {name: value for name, value in row.items() if not name.startswith("_")},
    sort=("transaction_date", "D"),
)


def _list_account_transactions(call: Call) -> Answer:
    book = call.book
    account = book.get("accounts", call.query["account_id"], "Account")
    entries = [entry for entry in book.ledger.entries_of(account["id"]) if _entry_passes(entry, call.query)]
    rows = [
        _show_line(book, account, entry, line) for entry in entries for line in entry["lines"] if _is_on(line, account)
    ]
    if call.query.get("amount"):
        rows = [row for row in rows if row["_amount"] == Decimal(call.query["amount"])]
    rows.sort(key=lambda row: (row["transaction_date"], row["transaction_id"]), reverse=True)
    return ok(**page_content(call, _LEDGER_LINES, rows))


def _is_on(line: Row, account: Row) -> bool:
    return bool(line["account_id"] == account["id"])


def _entry_passes(entry: Row, query: Mapping[str, str]) -> bool:
    day = entry["date"]
    wanted = query.get("transaction_type")
    return (
        query.get("date", day) == day
        and query.get("date_start", day) <= day <= query.get("date_end", day)
        and not day >= query.get("date_before", "9999")
        and not day <= query.get("date_after", "")
        and (not wanted or wanted == entry["kind"])
    )


def _show_line(book: Book, account: Row, entry: Row, line: Row) -> Row:
    reference = entry["reference_number"] if book.settings["reference_in_account_transactions"] else ""
    return {
        "categorized_transaction_id": entry["document_id"],
        "transaction_type": entry["kind"],
        "transaction_status": "",
        "transaction_source": "",
        "transaction_id": entry["document_id"],
        "transaction_date": entry["date"],
        "account_id": account["id"],
        "customer_id": entry["customer_id"],
        "payee": entry["payee"],
        "description": "",
        "entry_number": entry["number"],
        "currency_id": book.currency(code=line["currency"])["id"],
        "currency_code": line["currency"],
        "debit_or_credit": "debit" if line["debit"] else "credit",
        "offset_account_name": "",
        "reference_number": reference,
        "reconcile_status": "",
        "debit_amount": text_of(line["debit"]) if line["debit"] else "",
        "credit_amount": line["credit"] if line["credit"] else "",
        "_amount": line["debit"] or line["credit"],
    }


HANDLERS: dict[str, Handler] = {
    "list_accounts": _list_accounts,
    "list_bank_accounts": _list_bank_accounts,
    "list_account_transactions": _list_account_transactions,
}
