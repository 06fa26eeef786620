"""Which records a person wants to see: fate, rule, kind, channel, days, and words that may be an amount. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from app.domain.channels import LABELS
from app.domain.fates import RULES, Fate

KINDS = {"charge": "Charges", "refund": "Refunds", "payout": "Payouts"}
NO_CHANNEL = "none"
"""Stands for charges whose channel is empty or unknown to us."""

_AMOUNT = re.compile(r"(?:([A-Za-z]{3})\s*)?(\d[\d,]*(?:\.\d{1,4})?)", re.ASCII)


class RecordFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is not "" or None must hold. `first` and `last` are accounting dates, both inclusive.

    `words` is the beginning of a provider's id or of an order reference, a reference in the books, or an amount.
    """

    fate: str = ""
    rule: str = ""
    kind: str = ""
    channel: str = ""
    first: date | None = None
    last: date | None = None
    words: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything is left out by it."""
        return self != RecordFilter()


def read_filter(given: Mapping[str, str]) -> RecordFilter:
    """A filter from what an address carries; a value that means nothing is as if it weren't there."""
    fate, rule, kind = given.get("fate", ""), given.get("rule", ""), given.get("kind", "")
    channel = given.get("channel", "")
    first, last = _day(given.get("first", "")), _day(given.get("last", ""))
    if first and last and first > last:
        first, last = last, first  # the wrong way round: the days between the two are meant
    return RecordFilter(
        fate=fate if fate in set(Fate) else "",
        rule=rule if rule in RULES else "",
        kind=kind if kind in KINDS else "",
        channel=channel if channel in LABELS or channel == NO_CHANNEL else "",
        first=first,
        last=last,
        words=given.get("q", ""),
    )


def as_query(wanted: RecordFilter) -> dict[str, str]:
    """What `read_filter` makes the same filter of, without what is empty."""
    days = {"first": wanted.first, "last": wanted.last}
    plain = {
        "q": wanted.words,
        "fate": wanted.fate,
        "rule": wanted.rule,
        "kind": wanted.kind,
        "channel": wanted.channel,
    }
    return {name: text for name, text in plain.items() if text} | {
        name: day.isoformat() for name, day in days.items() if day
    }


class Amount(msgspec.Struct, frozen=True):
    """An amount somebody typed; `currency` is "" if none was named."""

    value: Decimal
    currency: str


def amount_in(words: str) -> Amount | None:
    """The amount that `words` are, as `45.90`, `1,234.5` or `SGD 45.90`, None if they are none."""
    found = _AMOUNT.fullmatch(words.strip())
    if found is None:
        return None
    return Amount(Decimal(found[2].replace(",", "")), (found[1] or "").upper())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
