"""The HitPay adapter against the simulated HitPay, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.clock import ManualClock
from app.domain.charges import LISTED_STATUSES, ChargeStatus
from app.domain.money import Money
from app.http_client import HttpClient
from app.ports import NotConnected, Refused, Temporary
from app.providers.hitpay.environments import environment
from app.providers.hitpay.provider import HitPay
from app.simulator.contract import strict_log
from app.simulator.faults import Fault, script
from app.simulator.hitpay.gate import set_limit
from app.simulator.server import create_simulator
from app.simulator.simulated import Simulator
from app.simulator.state import State
from app.simulator.world import World
from tests.transport import transport

BASE = "http://127.0.0.1:8890"
FIRST, TODAY = date(2026, 10, 20), date(2026, 11, 2)


@dataclass
class Shop:
    """One simulated business and our adapter on its key."""

    simulator: Simulator
    world: World
    http: HttpClient
    clock: ManualClock

    def hitpay(self, key: str = "key-lumen") -> HitPay:
        return HitPay(self.http, self.clock, environment("simulator", BASE), key)

    def fail(self, operation: str, kind: str, **values: Any) -> None:
        script(self.simulator.state, Fault("hitpay", operation, kind, **values))


@pytest.fixture
def shop(clock: ManualClock) -> Iterator[Shop]:
    server = create_simulator(State(), clock, BASE)
    simulator: Simulator = server.extensions["simulator"]
    world = World(simulator.state, simulator.clock)
    world.open_account("lumen", "Lumen Home Goods", "key-lumen")
    http = HttpClient(clock, in_transaction=lambda: False, mounts={BASE: transport(server)})
    yield Shop(simulator, world, http, clock)
    assert strict_log.violations(simulator.state, "hitpay") == []


def test_every_listed_charge_is_read_over_several_pages(shop: Shop, clock: ManualClock) -> None:
    made = shop.world.trade("lumen", FIRST, TODAY, 7, 20, until=clock.now())
    found = {charge.id: charge for charge in shop.hitpay().charges(FIRST, TODAY)}
    truth = {row["id"]: row for row in shop.world.charges("lumen") if row["status"] in LISTED_STATUSES}
    assert made > 100
    assert set(found) == set(truth)
    for charge_id, charge in found.items():
        row = truth[charge_id]
        assert charge.gross == Money.of(row["amount"], row["currency"])
        assert charge.fee.amount == Decimal(row["fixed_fee"]) + Decimal(row["discount_fee"])
        assert charge.created_at == datetime.fromisoformat(row["created_at"])


def test_days_are_the_accounts_own_and_inclusive(shop: Shop, clock: ManualClock) -> None:
    shop.world.trade("lumen", FIRST, TODAY, 7, 20, until=clock.now())
    day = date(2026, 10, 25)
    found = {charge.id for charge in shop.hitpay().charges(day, day)}
    rows = shop.world.charges("lumen")
    truth = {r["id"] for r in rows if r["created_at"].startswith("2026-10-25") and r["status"] in LISTED_STATUSES}
    assert found == truth != set()


def test_list_up_to_now_is_accepted_at_every_hour_of_the_day(shop: Shop, clock: ManualClock) -> None:
    shop.world.trade("lumen", FIRST, date(2026, 11, 4), 7, 20, until=datetime(2026, 11, 3, 4, tzinfo=UTC))
    for _ in range(12):
        today = (clock.now() + timedelta(hours=8)).date()
        found = {charge.created_at for charge in shop.hitpay().charges(FIRST, today)}
        assert max(found) > clock.now() - timedelta(days=1)
        clock.advance(timedelta(hours=2))


def test_one_charge_is_read_as_it_is_after_a_refund(shop: Shop) -> None:
    row = shop.world.add_charge("lumen", amount=Decimal("100.00"))
    assert shop.hitpay().charge(row["id"]).status is ChargeStatus.SUCCEEDED
    shop.world.refund(row["id"], Decimal("40.00"))
    charge = shop.hitpay().charge(row["id"])
    assert charge.status is ChargeStatus.PARTIALLY_REFUNDED
    assert (charge.gross, charge.captured) == (Money.of("100.00", "SGD"), True)


def test_foreign_charge_has_a_home_amount(shop: Shop) -> None:
    row = shop.world.add_charge("lumen", amount=Decimal("100.00"), currency="usd", exchange_rate="1.35000")
    charge = shop.hitpay().charge(row["id"])
    assert charge.gross.currency == "USD"
    assert charge.home is not None
    assert charge.home.currency == charge.fee.currency == "SGD"


def test_charge_that_does_not_exist_is_missing(shop: Shop) -> None:
    with pytest.raises(Refused) as caught:
        shop.hitpay().charge("9ced76ac-1638-44df-b702-3f43f6592e2a")
    assert caught.value.cause == "missing"


def test_ping_knows_a_good_key_from_a_bad_one(shop: Shop) -> None:
    shop.hitpay().ping()
    with pytest.raises(NotConnected):
        shop.hitpay("key-of-nobody").ping()


@pytest.mark.parametrize(
    "bad",
    [
        {"omit": ["currency"]},
        {"omit": ["created_at"]},
        {"omit": ["amount"]},
        {"omit": ["discount_fee"]},
        {"omit": ["status"]},
        {"replace": {"amount": "a lot"}},
        {"replace": {"created_at": "2026-11-01T10:00:00"}},
        {"replace": {"home_currency": None}},
    ],
    ids=str,
)
def test_distorted_charge_is_named_and_the_others_are_read(shop: Shop, bad: dict[str, Any]) -> None:
    good, broken = (shop.world.add_charge("lumen") for _ in range(2))
    shop.world.distort(broken["id"], bad.get("omit", ()), bad.get("replace"))
    found: list[str] = []
    with pytest.raises(Refused, match=broken["id"]) as caught:  # noqa: PT012 - it yields, then raises
        for charge in shop.hitpay().charges(TODAY, TODAY):
            found.append(charge.id)
    assert caught.value.cause == "unreadable"
    assert found == [good["id"]]


@pytest.mark.parametrize("kind", ["lost_before_apply", "error_before_apply", "truncated", "not_json"])
def test_passing_trouble_is_read_through(shop: Shop, kind: str) -> None:
    row = shop.world.add_charge("lumen")
    shop.fail("list_charges", kind)
    assert [charge.id for charge in shop.hitpay().charges(TODAY, TODAY)] == [row["id"]]


def test_lasting_trouble_is_temporary_and_no_empty_list(shop: Shop) -> None:
    for _ in range(4):
        shop.fail("list_charges", "error_before_apply")
    with pytest.raises(Temporary):
        list(shop.hitpay().charges(TODAY, TODAY))


def test_reading_waits_out_a_short_limit(shop: Shop, clock: ManualClock) -> None:
    shop.world.trade("lumen", FIRST, TODAY, 7, 20, until=clock.now())
    set_limit(shop.world, 2)
    with pytest.raises(Temporary) as caught:
        list(shop.hitpay().charges(FIRST, TODAY))
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 30
