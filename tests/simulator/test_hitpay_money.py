"""The simulated HitPay's refunds, payouts and balances: money that leaves, and what is still owed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.simulator.clock import ManualClock
from app.simulator.server import create_simulator
from app.simulator.state import State
from app.simulator.world import World

KEY = {"X-BUSINESS-API-KEY": "key-1", "Accept": "application/json"}
NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # 12:00 in Singapore


@pytest.fixture
def world() -> World:
    world = World(State(), ManualClock(NOON))
    world.open_account("lumen", "Lumen", "key-1")
    return world


@pytest.fixture
def client(world: World) -> FlaskClient:
    return create_simulator(world.state, world.clock, "http://simulator.test").test_client()


def read(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"/hitpay/v1{path}", headers=KEY)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def owed(client: FlaskClient) -> Any:
    return read(client, "/balances")[0]["wallets"]["available"]


def test_partial_refund_shows_on_the_charge_and_by_itself(world: World, client: FlaskClient) -> None:
    charge = world.add_charge("lumen", amount="100.00")
    refund = world.refund(charge["id"], "30.00")
    row = read(client, f"/charges/{charge['id']}")
    assert (row["status"], row["refunded_amount"]) == ("partially_refunded", 30)
    assert row["refunded_at"] == "2026-03-10T12:00:00+08:00"
    assert row["refunds"] == [read(client, f"/refund/{refund['id']}")] == [read(client, f"/refunds/{refund['id']}")]


def test_refund_times_are_in_z_with_microseconds(world: World, client: FlaskClient) -> None:
    refund = world.refund(world.add_charge("lumen")["id"])
    assert read(client, f"/refund/{refund['id']}")["refunded_at"] == "2026-03-10T04:00:00.000000Z"


def test_two_partial_refunds_of_the_whole_make_the_charge_refunded(world: World, client: FlaskClient) -> None:
    charge = world.add_charge("lumen", amount="10.00")
    world.refund(charge["id"], "4.00")
    world.refund(charge["id"])
    row = read(client, f"/charges/{charge['id']}")
    assert (row["status"], [entry["amount_refunded"] for entry in row["refunds"]]) == ("refunded", [4, 6])


@pytest.mark.parametrize(("status", "amount"), [("succeeded", "10.01"), ("succeeded", "0"), ("pending", "1.00")])
def test_a_refund_beyond_what_was_paid_is_refused(world: World, status: str, amount: str) -> None:
    charge = world.add_charge("lumen", amount="10.00", status=status)
    with pytest.raises(ValueError, match="can't be refunded"):
        world.refund(charge["id"], amount)
    assert world.charge(charge["id"])[0]["refunds"] == []


def test_a_refund_of_another_account_is_missing(world: World, client: FlaskClient) -> None:
    world.open_account("other", "Other", "key-2")
    refund = world.refund(world.add_charge("other")["id"])
    answer = client.get(f"/hitpay/v1/refund/{refund['id']}", headers=KEY)
    assert (answer.status_code, "Refund" in answer.get_json()["message"]) == (404, True)


def test_a_refund_keeps_the_created_day_and_moves_only_the_update(world: World, client: FlaskClient) -> None:
    charge = world.add_charge("lumen", created_at=NOON - timedelta(days=40))
    world.refund(charge["id"])
    row = read(client, f"/charges/{charge['id']}")
    assert (row["created_at"][:10], row["updated_at"][:10]) == ("2026-01-29", "2026-03-10")


def test_the_balance_is_net_sales_minus_refunds_minus_payouts(world: World, client: FlaskClient) -> None:
    first = world.add_charge("lumen", amount="100.00")  # net 95.85
    world.add_charge("lumen", amount="50.00", method="paynow_online")  # net 50.00 - 0.33 - 0.30 = 49.37
    assert owed(client) == 145.22
    world.refund(first["id"], "20.00")
    assert owed(client) == 125.22
    world.pay_out("lumen", [first["id"]])
    assert owed(client) == 49.37
    world.refund(first["id"])
    assert owed(client) == -30.63


@pytest.mark.parametrize("status", ["succeeded_manually", "void", "pending", "failed", "canceled"])
def test_what_hitpay_never_got_is_not_owed(world: World, client: FlaskClient, status: str) -> None:
    world.add_charge("lumen", status=status)
    assert owed(client) == 0


def test_a_full_refund_of_a_foreign_charge_gives_the_whole_home_amount_back(world: World, client: FlaskClient) -> None:
    charge = world.add_charge("lumen", amount="9.99", currency="usd", exchange_rate="1.34560")
    world.refund(charge["id"], "3.33")
    world.refund(charge["id"])
    assert Decimal(str(owed(client))) == -charge["fixed_fee"] - charge["discount_fee"]


def test_a_payout_lists_its_charges_and_each_charge_names_it(world: World, client: FlaskClient) -> None:
    inside, outside = world.add_charge("lumen"), world.add_charge("lumen")
    payout = world.pay_out("lumen", [inside["id"]])
    assert read(client, f"/payouts/{payout['id']}")["amount"] == 95.85
    assert [row["id"] for row in read(client, f"/payouts/{payout['id']}/charges")["data"]] == [inside["id"]]
    assert read(client, f"/charges/{inside['id']}")["payout"]["id"] == payout["id"]
    assert read(client, f"/charges/{outside['id']}")["payout"] is None


def test_payouts_are_listed_newest_first_and_only_one_s_own(world: World, client: FlaskClient) -> None:
    world.open_account("other", "Other", "key-2")
    world.pay_out("other")
    old = world.pay_out("lumen", [], at=NOON - timedelta(days=2))
    new = world.pay_out("lumen", [], at=NOON)
    assert [row["id"] for row in read(client, "/payouts")["data"]] == [new["id"], old["id"]]
    assert read(client, "/payouts?status=failed")["data"] == []


def test_payouts_are_paged_by_cursor_and_filtered_by_status(world: World, client: FlaskClient) -> None:
    made = [world.pay_out("lumen", [], at=NOON - timedelta(days=number))["id"] for number in range(12)]
    world.change_payout(made[3], status="processing")
    first = read(client, "/payouts?per_page=10")
    rest = read(client, f"/payouts?per_page=10&cursor={first['meta']['next_cursor']}")
    assert [row["id"] for row in first["data"] + rest["data"]] == made
    assert rest["meta"]["next_cursor"] is None
    assert [row["id"] for row in read(client, "/payouts?status=processing")["data"]] == [made[3]]


def test_charges_can_be_filtered_by_their_payout(world: World, client: FlaskClient) -> None:
    inside, other = world.add_charge("lumen"), world.add_charge("lumen")
    world.refund(inside["id"], "1.00")
    payout = world.pay_out("lumen", [inside["id"]])
    world.pay_out("lumen", [other["id"]])
    by_filter = read(client, f"/charges?payout_id={payout['id']}&statuses[]=partially_refunded")["data"]
    assert [row["id"] for row in by_filter] == [inside["id"]]
    assert by_filter == read(client, f"/payouts/{payout['id']}/charges")["data"]


def test_a_payout_of_another_account_is_missing(world: World, client: FlaskClient) -> None:
    world.open_account("other", "Other", "key-2")
    payout = world.pay_out("other")
    for path in (f"/payouts/{payout['id']}", f"/payouts/{payout['id']}/charges"):
        answer = client.get(f"/hitpay/v1{path}", headers=KEY)
        assert (answer.status_code, "Payout" in answer.get_json()["message"]) == (404, True)


def test_a_payout_can_be_told_otherwise_than_its_charges_make_it(world: World, client: FlaskClient) -> None:
    world.add_charge("lumen")
    payout = world.pay_out("lumen")
    world.change_payout(payout["id"], amount="95.50")
    assert read(client, f"/payouts/{payout['id']}")["amount"] == 95.5
    with pytest.raises(KeyError):
        world.change_payout(payout["id"], colour="blue")


def test_no_charge_is_settled_twice(world: World) -> None:
    world.add_charge("lumen")
    assert [world.pay_out("lumen")["amount"], world.pay_out("lumen")["amount"]] == [Decimal("95.85"), Decimal(0)]


def test_a_working_key_is_told_that_its_account_is_complete(client: FlaskClient) -> None:
    assert read(client, "/account-status")["bank_account_status"] == "completed"
