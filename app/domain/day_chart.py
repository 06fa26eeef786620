"""The chart of some days' sales: bars above a line, fees and refunds below it. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from app.domain.money import Money, total

WIDTH, HEIGHT = 720, 150
_GAP = 0.28
"""Part of a day's width that stays empty."""


class DaySums(msgspec.Struct, frozen=True, kw_only=True):
    """One local day in the home currency: what was sold, the fees on it, what was refunded and paid out that day."""

    day: date
    sold: int
    sales: Money
    fees: Money
    refunds: Money
    payouts: Money


class Bar(msgspec.Struct, frozen=True):
    """A rectangle of the drawing, its `y` counted from the top."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class DayChart(msgspec.Struct, frozen=True, kw_only=True):
    """What to draw, where the line lies, the sums, and the day on which most was sold (None without any sale)."""

    days: tuple[DaySums, ...]
    bars: tuple[Bar, ...]
    line: float
    sums: DaySums
    best: DaySums | None


def draw(days: Sequence[DaySums], currency: str) -> DayChart:
    """The chart of `days`, which follow each other without a gap, in one currency."""
    up = max((one.sales.minor for one in days), default=0)
    down = max((one.fees.minor + one.refunds.minor for one in days), default=0)
    scale = HEIGHT / (up + down) if up + down else 0.0
    line = round(up * scale, 1) if scale else float(HEIGHT)
    step = WIDTH / len(days) if days else WIDTH
    bars = [bar for number, one in enumerate(days) for bar in _bars(one, number * step, step, line, scale)]
    best = max(days, key=lambda one: one.sales.minor, default=None)
    return DayChart(
        days=tuple(days),
        bars=tuple(bars),
        line=line,
        sums=sums_of(days, currency),
        best=best if best and best.sales else None,
    )


def sums_of(days: Sequence[DaySums], currency: str) -> DaySums:
    """All days in one, under the first one's date."""
    return DaySums(
        day=days[0].day if days else date.min,
        sold=sum(one.sold for one in days),
        sales=total((one.sales for one in days), currency),
        fees=total((one.fees for one in days), currency),
        refunds=total((one.refunds for one in days), currency),
        payouts=total((one.payouts for one in days), currency),
    )


def _bars(one: DaySums, left: float, step: float, line: float, scale: float) -> list[Bar]:
    """Sales rise from the line; fees hang below it, refunds below them. What is there is at least a hair high."""
    x, width = round(left + step * _GAP / 2, 1), round(step * (1 - _GAP), 1)
    found: list[Bar] = []
    if one.sales:
        high = max(one.sales.minor * scale, 1)
        found.append(Bar("sales", x, round(line - high, 1), width, round(high, 1)))
    below = line
    for kind, value in (("fees", one.fees), ("refunds", one.refunds)):
        if value.minor > 0:
            high = max(value.minor * scale, 1)
            found.append(Bar(kind, x, round(below, 1), width, round(high, 1)))
            below += high
    return found
