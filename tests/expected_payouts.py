"""What must become of a payout, by what the books hold of it: the second bookkeeper's own rule."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple


class Part(NamedTuple):
    """A charge or refund in a payout: whether it is "in books", "left out" or "waits", and what it brings."""

    place: str
    home: Decimal


def fate_of_payout(amount: Decimal, parts: Sequence[Part]) -> str:
    """ "written", "held", "waits" or "left out", for a payout that is wanted at all."""
    if amount <= 0:
        return "held" if amount else "left out"
    places = {part.place for part in parts}
    if "waits" in places:
        return "waits"
    if _sum(parts, "in books") == amount:
        return "written"
    return "left out" if places == {"left out"} and _sum(parts, "left out") == amount else "held"


def _sum(parts: Sequence[Part], place: str) -> Decimal:
    return sum((part.home for part in parts if part.place == place), Decimal(0))
