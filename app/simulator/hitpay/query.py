"""The query of `GET /v1/charges`: which values are allowed, what is assumed, and which charges it means.

Sources: HitPay's "list charges" text (allowed page sizes, default statuses, day granularity), its OpenAPI (names), and
the published 422 sample (shape of errors). How filters combine with each other is ours to guess: all must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from app.simulator.hitpay.refusals import invalid

Row = dict[str, Any]

PAGE_SIZES = (10, 15, 20, 25, 40, 50, 75, 99)
STATUSES = (
    "succeeded",
    "succeeded_manually",
    "pending",
    "failed",
    "canceled",
    "refunded",
    "partially_refunded",
    "void",
    "requires_customer_action",
    "requires_payment_method",
)
DEFAULT_STATUSES = ("succeeded", "succeeded_manually", "refunded", "void")
SHORTHANDS = ("succeeded", "failed", "refunded")
MOST_STATUSES = 10
EXACT = (
    "id",
    "channel",
    "payout_id",
    "payment_request_id",
    "customer_id",
    "order_reference_number",
    "payment_reference_number",
)
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True)
class ChargeQuery:
    """A valid query; days are local days of creation, both included, amounts in the charge's currency."""

    per_page: int
    cursor: str | None
    statuses: tuple[str, ...]
    date_from: date | None
    date_to: date | None
    amount_from: Decimal | None
    amount_to: Decimal | None
    refunded: bool | None
    exact: tuple[tuple[str, str], ...]

    def matches(self, charge: Row) -> bool:
        created = charge["created_at"][:10]
        return (
            charge["status"] in self.statuses
            and (self.date_from is None or created >= self.date_from.isoformat())
            and (self.date_to is None or created <= self.date_to.isoformat())
            and (self.amount_from is None or charge["amount"] >= self.amount_from)
            and (self.amount_to is None or charge["amount"] <= self.amount_to)
            and (self.refunded is None or (charge["refunded_amount"] > 0) == self.refunded)
            and all(charge[name] == wanted for name, wanted in self.exact)
        )


def read_query(arguments: MultiDict[str, str], today: date) -> ChargeQuery:
    """The query of a request made on the account's local day `today`; refuses as HitPay does, with 422."""
    reader = _Reader(arguments)
    day_from = reader.one("date_from", lambda text: _day(text, today))
    day_to = reader.one("date_to", lambda text: _day(text, today))
    if day_from and day_to and day_to < day_from:
        reader.errors["date_to"] = ["The date to must be a date after or equal to date from."]
    query = ChargeQuery(
        per_page=reader.one("per_page", _page_size) or 25,
        cursor=arguments.get("cursor") or None,
        statuses=reader.statuses(),
        date_from=day_from,
        date_to=day_to,
        amount_from=reader.one("amount_from", _number),
        amount_to=reader.one("amount_to", _number),
        refunded=reader.one("refunded", _boolean),
        exact=tuple((name, arguments[name]) for name in EXACT if name in arguments),
    )
    if reader.errors:
        raise invalid(reader.errors)
    return query


class _Reader:
    """Collects what is wrong with a query, field by field."""

    def __init__(self, arguments: MultiDict[str, str]) -> None:
        self.arguments = arguments
        self.errors: dict[str, list[str]] = {}

    def one(self, name: str, parse: Callable[[str], Any]) -> Any:
        """The parsed value, None when absent. A parser says what is wrong by ValueError, without the field's name."""
        text = self.arguments.get(name)
        if text is None or text == "":
            return None
        try:
            return parse(text)
        except ValueError as problem:
            self.errors[name] = [str(problem).replace("{}", name.replace("_", " "))]
            return None

    def statuses(self) -> tuple[str, ...]:
        given = [value for name, value in self.arguments.items(multi=True) if re.fullmatch(r"statuses\[\d*]", name)]
        short = self.one("status", _shorthand)
        if "statuses" in self.arguments:
            self.errors["statuses"] = ["The statuses must be an array."]
        if len(given) > MOST_STATUSES:
            self.errors["statuses"] = [f"The statuses must not have more than {MOST_STATUSES} items."]
        for number, value in enumerate(given):
            if value not in STATUSES:
                self.errors[f"statuses.{number}"] = [f"The selected statuses.{number} is invalid."]
        return tuple(given) or ((short,) if short else DEFAULT_STATUSES)


def _day(text: str, today: date) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError("The {} does not match the format Y-m-d.")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("The {} does not match the format Y-m-d.") from None
    if day > today:
        raise ValueError("The {} must be a date before tomorrow.")
    return day


def _page_size(text: str) -> int:
    if text not in map(str, PAGE_SIZES):
        raise ValueError("The selected {} is invalid.")
    return int(text)


def _shorthand(text: str) -> str:
    if text not in SHORTHANDS:
        raise ValueError("The selected {} is invalid.")
    return text


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("The {} must be a number.") from None


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError("The {} field must be true or false.")
    return _BOOLEANS[text]
