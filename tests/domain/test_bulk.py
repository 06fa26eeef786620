"""Bulk: one set of documents a local day and currency, frozen once it is planned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.domain.charges import Charge
from app.domain.days import closes, is_closed
from app.domain.documents import CustomerPayment, Expense, Invoice
from app.domain.money import Money
from app.domain.planning import PlanFacts, plan
from app.domain.references import day_named, for_day
from app.domain.rules import Grouping, RulesVersion
from tests.domain.test_planning import OPENED, RULES, charge, facts

BULK = msgspec.structs.replace(RULES, grouping=Grouping.BULK)
NOON = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)  # 12:00 in Singapore


def bulk_facts(**changes: Any) -> PlanFacts:
    return facts(**({"versions": (RulesVersion(OPENED, BULK),)} | changes))


def sale(number: int, amount: str = "10.00", **changes: Any) -> Charge:
    given = {"id": f"charge-{number}", "at": NOON + timedelta(minutes=number)} | changes
    money = Money.of(amount, "SGD")
    return charge(gross=money, home=money, fee=Money.of("0.50", "SGD"), **given)


def test_day_becomes_one_set_with_a_line_a_channel() -> None:
    charges = [sale(1), sale(2, "5.00", channel="point_of_sale"), sale(3, "2.50"), sale(4, "1.00", channel=None)]
    made = plan(charges, bulk_facts())

    (one,) = made.sets
    invoice, payment, expense = one.documents
    assert isinstance(invoice, Invoice)
    assert isinstance(payment, CustomerPayment)
    assert isinstance(expense, Expense)
    assert one.key == invoice.reference == payment.reference == expense.reference == "HP-2026-11-10-SGD"
    assert [(line.description, str(line.amount)) for line in invoice.lines] == [
        ("Online Store, 2 charges", "SGD 12.50"),
        ("Point of Sale, 1 charge", "SGD 5.00"),
        ("no channel, 1 charge", "SGD 1.00"),
    ]
    assert invoice.total == payment.amount == Money.of("18.50", "SGD")
    assert expense.amount == Money.of("2.00", "SGD")
    assert one.movement_ids == ("charge-1", "charge-2", "charge-3", "charge-4")
    assert {decision.rule for decision in made.decisions} == {"summary"}


def test_each_local_day_has_its_own_set() -> None:
    before = sale(1, at=datetime(2026, 11, 10, 15, 59, 59, tzinfo=UTC))
    after = sale(2, at=datetime(2026, 11, 10, 16, 0, 0, tzinfo=UTC))

    assert [one.key for one in plan([after, before], bulk_facts()).sets] == ["HP-2026-11-10-SGD", "HP-2026-11-11-SGD"]


def test_day_waits_until_half_past_midnight() -> None:
    closing = datetime(2026, 11, 10, 16, 30, tzinfo=UTC)
    waiting = plan([sale(1)], bulk_facts(read_through=closing - timedelta(seconds=1)))

    assert waiting.sets == ()
    assert [(one.rule, one.detail) for one in waiting.decisions] == [("day_open", "after 00:30 on 11 Nov 2026")]
    assert len(plan([sale(1)], bulk_facts(read_through=closing)).sets) == 1


def test_charge_that_shows_up_late_goes_into_a_supplement() -> None:
    late = plan([sale(9)], bulk_facts(days_planned=((date(2026, 11, 10), "SGD", 1),)))
    later = plan([sale(9)], bulk_facts(days_planned=((date(2026, 11, 10), "SGD", 2),)))

    assert [one.key for one in late.sets] == ["HP-2026-11-10-SGD-2"]
    assert [one.key for one in later.sets] == ["HP-2026-11-10-SGD-3"]


def test_foreign_day_has_a_set_of_its_own_at_the_rate_of_its_sums() -> None:
    foreign = [
        charge(id=f"usd-{number}", gross=Money.of(gross, "USD"), home=Money.of(home, "SGD"), at=NOON)
        for number, (gross, home) in enumerate([("10.00", "13.40"), ("30.00", "40.10")])
    ]
    made = plan([sale(1), *foreign], bulk_facts())

    assert [one.key for one in made.sets] == ["HP-2026-11-10-SGD", "HP-2026-11-10-USD"]
    invoice, payment, expense = made.sets[1].documents
    assert isinstance(invoice, Invoice)
    assert isinstance(payment, CustomerPayment)
    assert invoice.total == Money.of("40.00", "USD")
    assert invoice.exchange_rate == payment.exchange_rate == Decimal("1.3375")
    assert payment.home == Money.of("53.50", "SGD")
    assert expense.total == Money.of("8.30", "SGD")


def test_day_without_fees_has_no_expense() -> None:
    free = charge(fee=Money.of(0, "SGD"), at=NOON)

    assert [type(one) for one in plan([free], bulk_facts()).documents] == [Invoice, CustomerPayment]


def test_locked_day_is_held_as_a_whole() -> None:
    made = plan([sale(1), sale(2)], bulk_facts(locked_until=date(2026, 11, 10)))

    assert made.sets == ()
    assert {one.rule for one in made.decisions} == {"locked_period"}


@pytest.mark.parametrize(
    ("day", "currency", "number", "reference"),
    [
        (date(2026, 11, 10), "SGD", 1, "HP-2026-11-10-SGD"),
        (date(2026, 11, 10), "JPY", 12, "HP-2026-11-10-JPY-12"),
    ],
)
def test_reference_of_a_day_can_be_read_back(day: date, currency: str, number: int, reference: str) -> None:
    assert for_day(day, currency, number) == reference
    assert day_named(reference) == (day, currency, number)


@pytest.mark.parametrize(
    "reference", ["HP-9ced76ac-1638-44df-b702-3f43f6592e2a", "HPR-2026-11-10-SGD", "HP-2026-11-10"]
)
def test_other_references_name_no_day(reference: str) -> None:
    assert day_named(reference) is None


@pytest.mark.parametrize(
    ("zone", "day", "closing"),
    [
        ("Asia/Singapore", date(2026, 11, 10), "2026-11-10T16:30"),
        # Clocks go back on 1 Nov 2026 in New York: the day has 25 hours.
        ("America/New_York", date(2026, 11, 1), "2026-11-02T05:30"),
        ("America/New_York", date(2026, 10, 31), "2026-11-01T04:30"),
        # Clocks go forward on 29 Mar 2026 in London: the day has 23 hours.
        ("Europe/London", date(2026, 3, 28), "2026-03-29T00:30"),
        ("Europe/London", date(2026, 3, 29), "2026-03-29T23:30"),
        # Lord Howe moves by half an hour, on 4 Oct 2026 at 02:00.
        ("Australia/Lord_Howe", date(2026, 10, 3), "2026-10-03T14:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-04T13:30"),
        # Samoa left out 30 Dec 2011 altogether: the 29th was followed by the 31st.
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-30T10:30"),
        # Clocks went forward at midnight on 1 Oct 2023 in Asuncion, so 00:30 never came that night.
        ("America/Asuncion", date(2023, 9, 30), "2023-10-01T04:30"),
    ],
)
def test_day_closes_after_its_last_instant_whatever_the_clocks_do(zone: str, day: date, closing: str) -> None:
    there = ZoneInfo(zone)
    instant = datetime.fromisoformat(closing).replace(tzinfo=UTC)

    assert closes(day, there) == instant
    assert instant.astimezone(there).date() > day
    assert is_closed(day, there, instant)
    assert not is_closed(day, there, instant - timedelta(seconds=1))
