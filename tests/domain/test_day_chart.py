"""The chart's geometry: sales above the line, fees and refunds below, everything inside the drawing."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.day_chart import HEIGHT, WIDTH, DaySums, draw
from app.domain.money import Money

AMOUNT = st.integers(0, 10_000_000)


def day(number: int, sales: int = 0, fees: int = 0, refunds: int = 0) -> DaySums:
    def money(minor: int) -> Money:
        return Money.from_minor(minor, "SGD")

    when = date(2026, 11, 1) + timedelta(days=number)
    return DaySums(day=when, sold=1 if sales else 0, sales=money(sales), fees=money(fees), refunds=money(refunds),
                   payouts=money(0))  # fmt: skip


def test_day_on_which_twice_as_much_was_sold_has_a_bar_twice_as_high() -> None:
    chart = draw([day(0, sales=5_000), day(1, sales=10_000)], "SGD")
    low, high = chart.bars
    assert high.height == 2 * low.height
    assert low.y + low.height == high.y + high.height == chart.line


def test_refunds_hang_below_the_fees_of_their_day() -> None:
    chart = draw([day(0, sales=8_000, fees=1_000, refunds=1_000)], "SGD")
    by_kind = {bar.kind: bar for bar in chart.bars}
    assert by_kind["fees"].y == chart.line
    assert by_kind["refunds"].y == chart.line + by_kind["fees"].height


def test_days_without_anything_draw_nothing() -> None:
    chart = draw([day(0), day(1)], "SGD")
    assert (chart.bars, chart.best, chart.sums.sold) == ((), None, 0)


def test_best_day_is_the_one_on_which_most_was_sold() -> None:
    best = draw([day(0, sales=1), day(1, sales=3), day(2, sales=2)], "SGD").best
    assert best is not None
    assert best.day == date(2026, 11, 2)


@given(st.lists(st.tuples(AMOUNT, AMOUNT, AMOUNT), min_size=1, max_size=31))
def test_every_bar_stays_inside_the_drawing(days: list[tuple[int, int, int]]) -> None:
    chart = draw([day(number, *given) for number, given in enumerate(days)], "SGD")
    for bar in chart.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.1
        assert bar.y >= -1
        assert bar.y + bar.height <= HEIGHT + 2.1  # a hair is drawn for what is too little to be seen
