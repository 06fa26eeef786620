"""One simulated organization's books: its rows by kind, its clock and zone, its ledger, its rules of period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.simulator.clock import Clock
from app.simulator.ledger import Ledger, Line
from app.simulator.state import Row, State, View
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, missing

ORGANIZATIONS = "zoho.organization"
_FIRST_ID = 4_600_000_000_000_000_000
V = TypeVar("V", bound=View)


class Book:
    """The books of one organization. Rows are read only; change a copy and `save` it."""

    def __init__(self, state: State, clock: Clock, organization_id: str) -> None:
        self.state, self.clock, self.id = state, clock, organization_id
        self.ledger = Ledger(state, f"zoho:{organization_id}")

    @property
    def organization(self) -> Row:
        row = self.state.get(ORGANIZATIONS, self.id)
        if row is None:
            raise missing("Organization")
        return row

    @property
    def settings(self) -> Row:
        settings: Row = self.organization["settings"]
        return settings

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.organization["time_zone"])

    def collection(self, kind: str) -> str:
        return f"zoho.{kind}:{self.id}"

    def get(self, kind: str, key: str, noun: str) -> Row:
        """The row with this id; raises ZohoError 1002 naming `noun` when there is none."""
        row = self.state.get(self.collection(kind), key)
        if row is None:
            raise missing(noun)
        return row

    def peek(self, kind: str, key: str) -> Row | None:
        return self.state.get(self.collection(kind), key)

    def all(self, kind: str) -> list[Row]:
        return self.state.all(self.collection(kind))

    def find(self, kind: str, field: str, value: Any) -> list[Row]:
        """The rows whose `field` equals `value`, by index."""
        return self.state.find(self.collection(kind), field, value)

    def view(self, kind: str, name: str, make: Callable[[], V]) -> V:
        return self.state.view(self.collection(kind), name, make)

    def add(self, kind: str, row: Row) -> Row:
        """Store a new row under its `id`, stamped with the moment of creation."""
        stamp = self.stamp()
        return self.state.put(self.collection(kind), row["id"], {**row, "created_at": stamp, "modified_at": stamp})

    def save(self, kind: str, row: Row) -> Row:
        """Store a changed row, stamped with the moment of the change."""
        return self.state.put(self.collection(kind), row["id"], {**row, "modified_at": self.stamp()})

    def remove(self, kind: str, key: str) -> None:
        self.state.delete(self.collection(kind), key)

    def new_id(self) -> str:
        """A fresh id: 19 digits, growing."""
        return str(_FIRST_ID + self.state.bump("zoho.id"))

    def next_number(self, kind: str) -> int:
        """The next of an automatic numbering, from 1."""
        return self.state.bump(f"zoho.number:{self.id}:{kind}")

    def stamp(self) -> str:
        """The present instant in UTC, in a form that sorts as text."""
        return _stamp(self.clock.now())

    def today(self) -> str:
        """The present day in the organization's zone, ISO."""
        return self.clock.now().astimezone(self.zone).date().isoformat()

    def local_time(self, stamp: str) -> str:
        """A stored stamp in the organization's zone, as Zoho writes it: numeric offset without a colon."""
        return datetime.fromisoformat(stamp).astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S%z")

    def stamp_before(self, seconds: int) -> str:
        return _stamp(self.clock.now() - timedelta(seconds=seconds))

    def require_open(self, *dates: str) -> None:
        """Refuse dates on or before the lock date. Zoho's code and text for this aren't documented."""
        lock = self.organization["lock_date"]
        if lock and any(day <= lock for day in dates):
            raise ZohoError(36054, f"The date falls in a period that is locked until {lock}.")

    def account(self, key: str, field: str, types: tuple[str, ...] = ()) -> Row:
        """An active account of one of `types` (none: any); refuses by the request's `field` otherwise."""
        row = self.peek("accounts", key or "")
        if row is None:
            raise invalid(field)
        if not row["is_active"]:
            raise ZohoError(36055, f"The account {row['account_name']} is inactive.")
        if types and row["account_type"] not in types:
            raise ZohoError(36056, f"The account {row['account_name']} can't be used for {field}: wrong account type.")
        return row

    def system_account(self, role: str) -> str:
        """The id of the account that plays a system role: receivables, tax, unearned, exchange, ..."""
        return str(self.organization["accounts"][role])

    def currency(self, key: str | None = None, code: str | None = None) -> Row:
        """A currency by id or code; neither means the base currency. Refuses unknown ones with 9004."""
        code = code or (None if key else self.organization["currency_code"])
        found = self.find("currencies", "currency_code", code) if code else [self.peek("currencies", key or "")]
        if not found or found[0] is None:
            raise ZohoError(9004, "The currency does not exist.")
        return found[0]

    def round(self, amount: Decimal, currency_code: str | None = None) -> Decimal:
        """An amount at its currency's precision (None: base), halves away from nought."""
        precision = self.currency(code=currency_code or self.organization["currency_code"])["price_precision"]
        return amount.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)

    def rate(self, currency: Row, given: Any) -> Decimal:
        """The exchange rate that applies: 1 for the base currency, the given one, else the one of the table.

        Kept at as many decimals as the organization's setting says; six is a guess.
        """
        if currency["is_base_currency"]:
            return Decimal(1)
        rate = Decimal(str(given)) if given not in (None, "") else currency["exchange_rate"]
        if rate <= 0:
            raise invalid("exchange_rate")
        return Decimal(rate).quantize(Decimal(1).scaleb(-self.settings["exchange_rate_decimals"]), ROUND_HALF_UP)

    def money(self, value: Any, field: str, currency_code: str) -> Decimal:
        """A positive amount of a request at its currency's precision; more decimals or nought are refused."""
        amount = Decimal(str(value))
        if amount <= 0 or amount != self.round(amount, currency_code):
            raise invalid(field)
        return self.round(amount, currency_code)

    def line(self, account_id: str, amount: Decimal, base: Decimal, currency_code: str) -> Line:
        """A ledger line; a bank account in the base currency takes the base figure, another foreign one refuses."""
        own = self.get("accounts", account_id, "Account").get("currency_code") or currency_code
        if own == currency_code:
            return Line(account_id, amount, base, own)
        if own == self.organization["currency_code"]:
            return Line(account_id, base, base, own)
        raise ZohoError(36056, f"The account's currency {own} is neither the base currency nor {currency_code}.")


@dataclass(frozen=True)
class Call:
    """One operation on one organization's books: path parts, known query parameters, body."""

    book: Book
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Row


Handler = Callable[[Call], Answer]


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def balanced(book: Book, lines: list[Line], role: str) -> list[Line]:
    """`lines` with what is missing to balance in the base currency put on the account of a system role."""
    rest = -sum((line.base for line in lines), Decimal(0))
    if not rest:
        return lines
    return [*lines, Line(book.system_account(role), rest, rest, book.organization["currency_code"])]
