"""The simulated shop's story: the same for the same seed, whole days, nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.simulator.clock import ManualClock
from app.simulator.shop import METHODS
from app.simulator.state import State
from app.simulator.trade import Options, trade_day
from app.simulator.world import World, start_of_day

DAY = date(2026, 3, 9)
NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # 12:00 on the 10th in Singapore
SINGAPORE = ZoneInfo("Asia/Singapore")
EVERYTHING = Options(refunded=0.3, manual=0.1, void=0.1, unpaid=0.1, foreign=0.2)


def opened(clock: ManualClock | None = None, path: Path | None = None) -> World:
    world = World(State(path), clock or ManualClock(NOON))
    world.open_account("lumen", "Lumen", "key-1")
    return world


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(SINGAPORE)


def test_a_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    trade_day.__globals__["_trade_day"].cache_clear()
    first = trade_day("lumen", DAY, seed=7)
    trade_day.__globals__["_trade_day"].cache_clear()
    assert trade_day("lumen", DAY, seed=7) == first
    assert trade_day("lumen", DAY, seed=8) != first
    assert trade_day("other", DAY, seed=7) != first


@pytest.mark.parametrize("offset", range(7))
def test_a_day_begins_after_and_ends_before_its_midnights(offset: int) -> None:
    day = DAY + timedelta(days=offset)
    created = [local(row["created_at"]) for row in trade_day("lumen", day, seed=7)]
    assert {instant.date() for instant in created} == {day}
    assert created == sorted(created)
    assert created[0] < start_of_day(day) + timedelta(minutes=10)
    assert created[-1] >= start_of_day(day + timedelta(days=1)) - timedelta(minutes=10)


def test_some_last_sale_is_paid_after_midnight() -> None:
    days = [DAY + timedelta(days=offset) for offset in range(3)]
    closed = [local(trade_day("lumen", day, seed=7)[-1]["closed_at"]).date() for day in days]
    assert sum(paid > day for paid, day in zip(closed, days, strict=True)) == 1


def test_every_fee_follows_from_its_method_to_the_cent() -> None:
    for row in trade_day("lumen", DAY, seed=7, count=300):
        method = METHODS[row["payment_method"]["name"]]
        percent = (row["amount"] * method.rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (row["fixed_fee"], row["discount_fee"]) == (method.fixed, percent)
        assert row["net_amount"] == row["home_currency_amount"] - method.fixed - percent


def test_a_long_day_knows_every_channel_and_the_extremes() -> None:
    rows = trade_day("lumen", DAY, seed=7, count=600)
    assert {row["channel"] for row in rows} >= {"api_store", "api_woocomm", "point_of_sale", None, "api_soundbox"}
    assert {min(row["amount"] for row in rows), max(row["amount"] for row in rows)} == {
        Decimal("0.01"),
        Decimal("2500.00"),
    }
    assert len({row["id"] for row in rows}) == 600


def test_without_options_every_charge_is_a_plain_sale() -> None:
    rows = trade_day("lumen", DAY, seed=7, count=300)
    assert {(row["status"], row["currency"]) for row in rows} == {("succeeded", "sgd")}


def test_options_bring_other_ends_and_other_currencies() -> None:
    rows = trade_day("lumen", DAY, seed=7, count=300, options=EVERYTHING)
    assert {"succeeded_manually", "void", "failed", "pending"} < {row["status"] for row in rows}
    assert {"usd", "eur", "jpy"} < {row["currency"] for row in rows}
    assert all(row["fixed_fee"] + row["discount_fee"] == 0 for row in rows if row["status"] != "succeeded")
    assert all(row["amount"] == row["amount"].to_integral_value() for row in rows if row["currency"] == "jpy")


def test_trading_the_same_days_again_adds_nothing() -> None:
    world = opened()
    assert world.trade("lumen", DAY, DAY + timedelta(days=1), seed=7) == 24
    assert world.trade("lumen", DAY, DAY + timedelta(days=2), seed=7) == 12
    assert len(world.charges("lumen")) == 36


def test_refunds_come_within_six_days_and_are_not_repeated() -> None:
    world = opened()
    for _ in range(2):
        world.trade("lumen", DAY, DAY + timedelta(days=13), seed=7, options=Options(refunded=0.5))
    refunded = [row for row in world.charges("lumen") if row["refunds"]]
    assert len(refunded) > 20
    for row in refunded:
        assert len(row["refunds"]) == 1
        assert timedelta(0) < local(row["refunded_at"]) - local(row["closed_at"]) < timedelta(days=7)


def test_the_world_in_parts_is_the_world_at_once() -> None:
    at_once, in_parts = opened(), opened()
    at_once.trade("lumen", DAY, DAY + timedelta(days=9), seed=7, options=EVERYTHING)
    for offset in range(10):
        day = DAY + timedelta(days=offset)
        in_parts.trade("lumen", day, day, seed=7, options=EVERYTHING)
    assert in_parts.charges("lumen") == at_once.charges("lumen")


def test_dripping_ends_up_with_the_same_days_as_trading() -> None:
    clock = ManualClock(start_of_day(DAY))
    dripped, traded = opened(clock), opened()
    dripped.drip("lumen", on=True)
    for _ in range(80):
        clock.advance(timedelta(minutes=37))
        dripped.catch_up("lumen")
    clock.move_to(start_of_day(DAY + timedelta(days=2)) + timedelta(minutes=10))
    dripped.catch_up("lumen")
    traded.trade("lumen", DAY, DAY + timedelta(days=1), seed=1)
    ids = {row["id"] for row in traded.charges("lumen")}
    assert {row["id"] for row in dripped.charges("lumen") if row["created_at"] < "2026-03-11"} == ids


def test_stopped_dripping_stays_stopped() -> None:
    clock = ManualClock(NOON)
    world = opened(clock)
    world.drip("lumen", on=True)
    world.drip("lumen", on=False)
    before = len(world.charges("lumen"))
    clock.advance(timedelta(days=3))
    world.catch_up("lumen")
    assert len(world.charges("lumen")) == before


def test_the_story_survives_a_restart(tmp_path: Path) -> None:
    world = opened(path=tmp_path / "simulator.sqlite3")
    world.trade("lumen", DAY, DAY, seed=7)
    told = world.charges("lumen")
    world.state.close()
    again = World(State(tmp_path / "simulator.sqlite3"), ManualClock(NOON))
    assert again.charges("lumen") == told
    again.state.close()


def test_one_charge_takes_any_wire_field_and_the_rest_follows() -> None:
    row = opened().add_charge(
        "lumen", amount="12.34", method="grabpay", channel=None, order_reference_number="1007", discount_fee="0.40"
    )
    assert (row["amount"], row["discount_fee"], row["net_amount"]) == (
        Decimal("12.34"),
        Decimal("0.40"),
        Decimal("11.94"),
    )
    assert (row["channel"], row["order_reference_number"]) == (None, "1007")


def test_a_mistyped_field_is_refused() -> None:
    with pytest.raises(KeyError, match="amuont"):
        opened().add_charge("lumen", amuont="1.00")


def test_changing_a_fee_moves_the_net_amount_and_the_update() -> None:
    clock = ManualClock(NOON)
    world = opened(clock)
    charge = world.add_charge("lumen", amount="100.00")
    clock.advance(timedelta(hours=1))
    changed = world.change_charge(charge["id"], discount_fee="3.00")
    assert (changed["net_amount"], changed["updated_at"]) == (Decimal("96.50"), "2026-03-10T13:00:00+08:00")


def test_two_charges_of_one_instant_are_two() -> None:
    world = opened()
    assert world.add_charge("lumen")["id"] != world.add_charge("lumen")["id"]
