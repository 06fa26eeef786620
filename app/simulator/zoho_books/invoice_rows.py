"""How an invoice shows: the detail, the row of the list, its filters and sums."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.state import Row
from app.simulator.zoho_books import receivables
from app.simulator.zoho_books.answers import text_of
from app.simulator.zoho_books.book import Book
from app.simulator.zoho_books.listing import Listing

_SAME = ("invoice_number", "date", "due_date", "customer_id", "customer_name", "currency_id", "currency_code",
         "exchange_rate", "reference_number", "last_payment_date")  # fmt: skip
_MORE = ("payment_terms", "is_inclusive_tax", "sub_total", "tax_total", "adjustment", "adjustment_description",
         "payment_made", "credits_applied", "notes")  # fmt: skip
_LINE = ("line_item_id", "item_id", "name", "description", "item_order", "rate", "quantity", "unit", "tax_id",
         "tax_name", "tax_percentage", "item_total")  # fmt: skip
_UNPAID = ("sent", "overdue", "partially_paid")


def show(book: Book, row: Row) -> Row:
    """The detail of an invoice. Totals are text, as in the official examples."""
    return {
        **show_in_list(book, row),
        **{name: row[name] for name in _MORE},
        "line_items": [{**{name: line[name] for name in _LINE}, "discount": 0} for line in row["line_items"]],
        "tax_amount_withheld": 0,
    }


def show_in_list(book: Book, row: Row) -> Row:
    return {
        "invoice_id": row["id"],
        "status": receivables.status(book, row),
        **{name: row[name] for name in _SAME},
        "total": text_of(row["total"]),
        "balance": text_of(row["balance"]),
        "write_off_amount": 0,
        "custom_fields": row["custom_fields"],
        "is_emailed": False,
        "created_time": book.local_time(row["created_at"]),
        "last_modified_time": book.local_time(row["modified_at"]),
    }


def sums(rows: list[Row]) -> list[Row]:
    """The sums of totals and balances, as `sum_columns`."""
    return [
        {"column_name": name, "total": sum((row[name] for row in rows), Decimal(0))} for name in ("total", "balance")
    ]


def _has_status(book: Book, row: Row, wanted: str) -> bool:
    name = wanted.removeprefix("Status.").lower().replace("partiallypaid", "partially_paid")
    if name in ("all", "date.paymentexpecteddate"):
        return True
    shown = receivables.status(book, row)
    return shown in _UNPAID if name == "unpaid" else shown == name


def _created(book: Book, row: Row, wanted: str) -> bool:
    return book.local_time(row["created_at"])[:10] == wanted


LISTING = Listing(
    "invoices",
    "invoices",
    "Invoices",
    show_in_list,
    text=("invoice_number", "reference_number", "customer_name", "customer_id"),
    dates=("date", "due_date"),
    amounts=("total", "balance"),
    search=("invoice_number", "reference_number", "customer_name"),
    extra={
        "status": _has_status,
        "filter_by": _has_status,
        "created_date": _created,
        "created_date_start": lambda book, row, wanted: book.local_time(row["created_at"])[:10] >= wanted,
        "created_date_end": lambda book, row, wanted: book.local_time(row["created_at"])[:10] <= wanted,
        "item_id": lambda _, row, wanted: any(line["item_id"] == wanted for line in row["line_items"]),
        "custom_field": lambda _, row, wanted: any(value["value"] == wanted for value in row["custom_fields"]),
    },
)
