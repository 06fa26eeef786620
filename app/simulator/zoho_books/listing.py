"""Lists: filters as the interface knows them, Zoho's order, pages of at most 200, and the list lag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.simulator.state import Row
from app.simulator.zoho_books.answers import Answer, ok
from app.simulator.zoho_books.book import Book, Call

MOST_ROWS = 200
Test = Callable[[Row], bool]
_INDEXED = ("reference_number", "invoice_number", "creditnote_number", "contact_name", "name", "customer_id", "date")
_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "": lambda have, want: have == want,
    "_startswith": lambda have, want: have.startswith(want),
    "_contains": lambda have, want: want in have,
}
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "": lambda have, want: have == want,
    "_start": lambda have, want: have >= want,
    "_end": lambda have, want: have <= want,
    "_before": lambda have, want: have < want,
    "_after": lambda have, want: have > want,
    "_less_than": lambda have, want: have < want,
    "_less_equals": lambda have, want: have <= want,
    "_greater_than": lambda have, want: have > want,
    "_greater_equals": lambda have, want: have >= want,
}


@dataclass(frozen=True)
class Listing:
    """How one kind is listed. `extra` tests take (book, row, wanted value); `show` makes the row of the answer."""

    kind: str
    key: str
    report: str
    show: Callable[[Book, Row], Row]
    text: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sort: tuple[str, str] = ("created_time", "D")
    extra: Mapping[str, Callable[[Book, Row, str], bool]] = field(default_factory=dict)


def select(call: Call, listing: Listing) -> list[Row]:
    """The rows that pass every filter the listing knows, in the listing's order; others have no effect."""
    book, query = call.book, call.query
    tests = [test for name, value in query.items() if (test := _test(book, listing, name, value)) is not None]
    lag = book.settings["list_lag_seconds"]
    if lag:
        horizon = book.stamp_before(lag)
        tests.append(lambda row: row["created_at"] <= horizon)
    rows = [row for row in _candidates(book, listing, query) if all(test(row) for test in tests)]
    column = query.get("sort_column") or listing.sort[0]
    if column == "created_time":
        return sorted(rows, key=lambda row: str(row["id"]), reverse=True)
    stored = "modified_at" if column == "last_modified_time" else column
    return sorted(
        rows, key=lambda row: (str(row.get(stored, "")).lower(), row["id"]), reverse=column != listing.sort[0]
    )


def page(call: Call, listing: Listing, rows: list[Row], **context: Any) -> Answer:
    """One page of `rows` under the listing's key, with Zoho's page context."""
    return ok(**page_content(call, listing, rows, **context))


def page_content(call: Call, listing: Listing, rows: list[Row], **context: Any) -> Row:
    """The list and `page_context` of an answer. Pages count from 1; 200 rows at most, and by default."""
    number = max(int(call.query.get("page") or 1), 1)
    size = min(max(int(call.query.get("per_page") or MOST_ROWS), 1), MOST_ROWS)
    shown = rows[(number - 1) * size : number * size]
    return {
        listing.key: [listing.show(call.book, row) for row in shown],
        "page_context": {
            "page": number,
            "per_page": size,
            "has_more_page": number * size < len(rows),
            "report_name": listing.report,
            "applied_filter": call.query.get("filter_by", "Status.All"),
            "sort_column": call.query.get("sort_column", listing.sort[0]),
            "sort_order": listing.sort[1],
            **context,
        },
    }


def lister(listing: Listing) -> Callable[[Call], Answer]:
    """The handler of a plain list."""
    return lambda call: page(call, listing, select(call, listing))


def _candidates(book: Book, listing: Listing, query: Mapping[str, str]) -> list[Row]:
    for name in _INDEXED:
        if query.get(name) and name in (*listing.text, *listing.dates):
            return book.find(listing.kind, name, query[name])
    return book.all(listing.kind)


def _test(book: Book, listing: Listing, name: str, value: str) -> Test | None:
    if value == "":
        return None
    if name in listing.extra:
        return lambda row: listing.extra[name](book, row, value)
    if name == "last_modified_time":
        since = datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return lambda row: str(row["modified_at"]) >= since
    if name == "search_text":
        return lambda row: any(value.lower() in str(row.get(column) or "").lower() for column in listing.search)
    return _text_test(listing, name, value) or _order_test(listing, name, value)


def _text_test(listing: Listing, name: str, value: str) -> Test | None:
    for suffix, passes in _TEXT.items():
        column = name.removesuffix(suffix) if suffix else name
        if column in listing.text and column + suffix == name:
            return lambda row: passes(str(row.get(column) or ""), value)
    return None


def _order_test(listing: Listing, name: str, value: str) -> Test | None:
    for suffix, passes in _ORDER.items():
        column = name.removesuffix(suffix) if suffix else name
        if column + suffix != name:
            continue
        if column in listing.dates:
            return lambda row: bool(row.get(column)) and passes(str(row[column]), value)
        if column in listing.amounts:
            wanted = Decimal(value)
            return lambda row: passes(row[column], wanted)
    return None
