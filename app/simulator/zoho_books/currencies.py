"""Currencies of an organization: every one it knows, with a rate to its base currency."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ok
from app.simulator.zoho_books.book import Book, Call, Handler

_IN_USD = {  # what one unit was about worth in US dollars; only the rates between them matter
    "SGD": ("0.75", 2), "USD": ("1", 2), "EUR": ("1.1", 2), "GBP": ("1.3", 2), "AUD": ("0.66", 2), "NZD": ("0.6", 2),
    "CAD": ("0.73", 2), "MYR": ("0.22", 2), "HKD": ("0.128", 2), "PHP": ("0.0175", 2), "THB": ("0.028", 2),
    "INR": ("0.012", 2), "CNY": ("0.14", 2), "JPY": ("0.0067", 0), "KWD": ("3.25", 3),
}  # fmt: skip


def add_currencies(book: Book, base: str) -> None:
    """Give a new organization its currencies. Raises ValueError for a base currency without a rate."""
    if base not in _IN_USD:
        raise ValueError(f"no rate is known for base currency {base}")
    unit = Decimal(_IN_USD[base][0])
    for code, (worth, precision) in _IN_USD.items():
        row: Row = {
            "id": book.new_id(),
            "currency_code": code,
            "price_precision": precision,
            "is_base_currency": code == base,
            "exchange_rate": round(Decimal(worth) / unit, 6),
        }
        book.add("currencies", row)


def set_rate(book: Book, currency_code: str, rate: Decimal) -> None:
    """Change the rate Zoho uses when a document names none."""
    book.save("currencies", {**book.currency(code=currency_code), "exchange_rate": rate})


def _list(call: Call) -> Answer:
    return ok(currencies=[_show(row) for row in call.book.all("currencies")])


def _show(row: Row) -> Row:
    return {
        "currency_id": row["id"],
        "currency_code": row["currency_code"],
        "currency_name": row["currency_code"],
        "currency_symbol": row["currency_code"],
        "price_precision": row["price_precision"],
        "currency_format": "1,234,567.89",
        "is_base_currency": row["is_base_currency"],
        "exchange_rate": row["exchange_rate"],
        "effective_date": "",
    }


HANDLERS: dict[str, Handler] = {"list_currencies": _list}
