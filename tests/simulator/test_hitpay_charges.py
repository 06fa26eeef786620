"""The simulated HitPay's charges: who may read them, which are listed, how they are paged and shaped."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.simulator.clock import ManualClock
from app.simulator.contract import strict_log
from app.simulator.hitpay.gate import set_limit
from app.simulator.hitpay.paging import decode_cursor
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


def listed(client: FlaskClient, query: str = "") -> list[Any]:
    answer = client.get(f"/hitpay/v1/charges{query}", headers=KEY)
    assert answer.status_code == 200, answer.get_json()
    return [row["id"] for row in answer.get_json()["data"]]


def errors(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 422
    found: dict[str, Any] = answer.get_json()["errors"]
    return found


@pytest.mark.parametrize("headers", [{}, {"X-BUSINESS-API-KEY": "other"}, {"Authorization": "Bearer key-1"}])
def test_only_the_account_s_key_opens(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/hitpay/v1/charges", headers=headers)
    assert (answer.status_code, list(answer.get_json())) == (401, ["message"])


def test_a_key_sees_its_own_account_only(world: World, client: FlaskClient) -> None:
    world.open_account("other", "Other", "key-2")
    foreign = world.add_charge("other")
    assert listed(client) == []
    answer = client.get(f"/hitpay/v1/charges/{foreign['id']}", headers=KEY)
    assert answer.status_code == 404
    assert answer.get_json()["message"] == f"No query results for model [App\\Business\\Charge] {foreign['id']}"


def test_card_fee_is_percent_rounded_half_up_plus_fixed(world: World, client: FlaskClient) -> None:
    charge = world.add_charge("lumen", amount="70.56", method="card")
    row = client.get(f"/hitpay/v1/charges/{charge['id']}", headers=KEY).get_json()
    assert (row["amount"], row["fixed_fee"], row["discount_fee"]) == (70.56, 0.5, 2.58)
    assert row["net_amount"] == row["amount_without_fees"] == 67.48


def test_whole_amounts_are_whole_numbers_and_rates_are_text(world: World, client: FlaskClient) -> None:
    world.add_charge("lumen", amount="100.00")
    body = client.get("/hitpay/v1/charges", headers=KEY).get_data(as_text=True)
    assert '"amount": 100,' in body
    assert '"exchange_rate": "1.00000"' in body


def test_times_carry_the_shop_s_offset_and_currencies_are_lower_case(world: World, client: FlaskClient) -> None:
    world.add_charge("lumen")
    row = client.get("/hitpay/v1/charges", headers=KEY).get_json()["data"][0]
    assert row["created_at"] == "2026-03-10T12:00:00+08:00"
    assert (row["currency"], row["home_currency"]) == ("sgd", "sgd")


def test_foreign_charge_has_fees_and_net_in_home_currency(world: World, client: FlaskClient) -> None:
    world.add_charge("lumen", amount="10.00", currency="usd", exchange_rate="1.34560")
    row = client.get("/hitpay/v1/charges", headers=KEY).get_json()["data"][0]
    assert (row["amount"], row["home_currency_amount"]) == (10, 13.46)
    assert row["net_amount"] == float(Decimal("13.46") - Decimal("0.50") - Decimal("0.49"))


def test_without_statuses_partial_refunds_and_unpaid_charges_are_not_listed(world: World, client: FlaskClient) -> None:
    for status in ("succeeded", "succeeded_manually", "refunded", "void", "partially_refunded", "pending", "failed"):
        world.add_charge("lumen", status=status)
    rows = client.get("/hitpay/v1/charges", headers=KEY).get_json()["data"]
    assert sorted(row["status"] for row in rows) == ["refunded", "succeeded", "succeeded_manually", "void"]


def test_statuses_choose_and_win_over_the_shorthand(world: World, client: FlaskClient) -> None:
    partial = world.add_charge("lumen", status="partially_refunded")
    sold = world.add_charge("lumen")
    assert listed(client, "?statuses[]=partially_refunded") == [partial["id"]]
    assert listed(client, "?status=succeeded") == [sold["id"]]
    assert listed(client, "?statuses[]=partially_refunded&status=succeeded") == [partial["id"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("per_page=30", "per_page"),
        ("per_page=100", "per_page"),
        ("statuses[]=succeeded&statuses[]=success", "statuses.1"),
        ("statuses=succeeded", "statuses"),
        ("&".join(["statuses[]=succeeded"] * 11), "statuses"),
        ("status=void", "status"),
        ("date_from=2026-3-1", "date_from"),
        ("date_from=2026-02-30", "date_from"),
        ("date_to=2026-03-11", "date_to"),
        ("date_from=2026-03-09&date_to=2026-03-08", "date_to"),
        ("amount_from=ten", "amount_from"),
        ("cursor=nonsense", "cursor"),
    ],
)
def test_invalid_values_are_refused_by_name(client: FlaskClient, query: str, field: str) -> None:
    assert field in errors(client.get(f"/hitpay/v1/charges?{query}", headers=KEY))


def test_422_counts_the_other_errors(client: FlaskClient) -> None:
    answer = client.get("/hitpay/v1/charges?per_page=1&status=x", headers=KEY)
    assert answer.get_json()["message"].endswith("(and 1 more error)")


def test_tomorrow_is_the_shop_s_tomorrow_not_utc_s(world: World, client: FlaskClient) -> None:
    assert isinstance(world.clock, ManualClock)
    world.clock.move_to(datetime(2026, 3, 10, 16, 30, tzinfo=UTC))  # 00:30 on the 11th in Singapore
    assert listed(client, "?date_to=2026-03-11") == []
    assert "date_to" in errors(client.get("/hitpay/v1/charges?date_to=2026-03-12", headers=KEY))


def test_dates_cut_by_local_day_of_creation(world: World, client: FlaskClient) -> None:
    world.add_charge("lumen", created_at=datetime(2026, 3, 8, 15, 59, tzinfo=UTC))  # 23:59 on the 8th
    after = world.add_charge("lumen", created_at=datetime(2026, 3, 8, 16, 1, tzinfo=UTC))  # 00:01 on the 9th
    assert listed(client, "?date_from=2026-03-09&date_to=2026-03-09") == [after["id"]]


def test_filters_by_id_channel_and_payout(world: World, client: FlaskClient) -> None:
    shop, till = world.add_charge("lumen"), world.add_charge("lumen", channel="point_of_sale")
    payout = world.pay_out("lumen", [shop["id"]])
    assert listed(client, f"?id={till['id']}") == [till["id"]]
    assert listed(client, "?channel=point_of_sale") == [till["id"]]
    assert listed(client, f"?payout_id={payout['id']}") == [shop["id"]]


def walk(client: FlaskClient, query: str = "per_page=10") -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        answer = client.get(f"/hitpay/v1/charges?{query}&cursor={cursor}", headers=KEY).get_json()
        found += [row["id"] for row in answer["data"]]
        cursor = answer["meta"]["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_hold_every_charge_once_in_the_order_of_ids(
    world: World, client: FlaskClient, newest_first: bool
) -> None:
    world.open_account("lumen", "Lumen", "key-1", newest_first=newest_first)
    world.trade("lumen", date(2026, 3, 8), date(2026, 3, 8), seed=1, count=43)
    walked = walk(client)
    assert walked == sorted((row["id"] for row in world.charges("lumen")), reverse=newest_first)
    assert len(walked) == 43


def test_a_last_page_that_is_full_has_no_next(world: World, client: FlaskClient) -> None:
    world.trade("lumen", date(2026, 3, 8), date(2026, 3, 8), seed=1, count=10)
    answer = client.get("/hitpay/v1/charges?per_page=10", headers=KEY).get_json()
    assert (len(answer["data"]), answer["meta"]["next_cursor"], answer["links"]["next"]) == (10, None, None)


def test_the_previous_cursor_leads_back(world: World, client: FlaskClient) -> None:
    world.trade("lumen", date(2026, 3, 8), date(2026, 3, 8), seed=1, count=25)
    first = client.get("/hitpay/v1/charges?per_page=10", headers=KEY).get_json()
    second = client.get(f"/hitpay/v1/charges?per_page=10&cursor={first['meta']['next_cursor']}", headers=KEY).get_json()
    assert listed(client, f"?per_page=10&cursor={second['meta']['prev_cursor']}") == [
        row["id"] for row in first["data"]
    ]


def test_a_sale_made_while_paging_shows_up_at_the_end(world: World, client: FlaskClient) -> None:
    world.trade("lumen", date(2026, 3, 8), date(2026, 3, 8), seed=1, count=12)
    first = client.get("/hitpay/v1/charges?per_page=10", headers=KEY).get_json()
    late = world.add_charge("lumen")
    assert listed(client, f"?per_page=10&cursor={first['meta']['next_cursor']}")[-1] == late["id"]


def test_links_next_carries_junk_and_forgets_the_dates(world: World, client: FlaskClient) -> None:
    world.trade("lumen", date(2026, 3, 8), date(2026, 3, 8), seed=1, count=12)
    answer = client.get("/hitpay/v1/charges?per_page=10&date_from=2026-03-08", headers=KEY).get_json()
    assert "apiKey%5Bincrementing%5D=1" in answer["links"]["next"]
    assert "date_from" not in answer["links"]["next"]
    assert answer["meta"]["path"] == "http://simulator.test/hitpay/v1/charges"
    assert decode_cursor(answer["meta"]["next_cursor"]) == (answer["data"][-1]["id"], True)


def test_dripping_sales_appear_when_they_are_paid(world: World, client: FlaskClient) -> None:
    assert isinstance(world.clock, ManualClock)
    world.drip("lumen", on=True)
    before = listed(client)
    world.clock.advance(timedelta(hours=36))
    after = walk(client, "per_page=99")
    closed = [datetime.fromisoformat(row["closed_at"]) for row in world.charges("lumen")]
    assert len(before) < 12 < len(after) <= 24
    assert max(closed) <= world.clock.now()


def test_the_limit_answers_429_with_retry_after_and_lets_go_after_a_minute(world: World, client: FlaskClient) -> None:
    assert isinstance(world.clock, ManualClock)
    set_limit(world, per_minute=2)
    statuses = [client.get("/hitpay/v1/charges", headers=KEY).status_code for _ in range(3)]
    refused = client.get("/hitpay/v1/charges", headers=KEY)
    assert statuses == [200, 200, 429]
    assert refused.headers["Retry-After"] == "60"
    world.clock.advance(timedelta(seconds=60))
    assert listed(client) == []


def test_every_call_is_counted_even_a_refused_one(world: World, client: FlaskClient) -> None:
    client.get("/hitpay/v1/charges")
    client.get("/hitpay/v1/charges?per_page=3", headers=KEY)
    client.get("/hitpay/v1/charges/none", headers=KEY)
    assert world.state.counters("calls:hitpay:") == {
        "calls:hitpay:-:list_charges": 1,
        "calls:hitpay:lumen:get_charge": 1,
        "calls:hitpay:lumen:list_charges": 1,
    }


def test_what_the_contract_does_not_know_is_answered_but_recorded(world: World, client: FlaskClient) -> None:
    listed(client, "?page=2")
    client.get("/hitpay/v1/charges", headers={"X-BUSINESS-API-KEY": "key-1"})
    client.post("/hitpay/v1/charges", headers=KEY)
    found = [(row["kind"], row["field"]) for row in strict_log.violations(world.state, "hitpay")]
    assert found == [
        ("unknown_query", "page"),
        ("missing_header", "Accept"),
        ("unknown_operation", "POST charges"),
    ]


def test_a_proper_request_violates_nothing(world: World, client: FlaskClient) -> None:
    listed(client, "?statuses[]=succeeded&statuses[]=refunded&date_from=2026-03-01&date_to=2026-03-10&per_page=50")
    assert strict_log.violations(world.state, "hitpay") == []
    assert strict_log.validated(world.state, "hitpay", "lumen") == 1


def test_a_distorted_charge_is_served_badly_while_its_truth_stays(world: World, client: FlaskClient) -> None:
    charge = world.add_charge("lumen")
    world.distort(charge["id"], omit=["net_amount"], replace={"amount": "a lot"})
    row = client.get("/hitpay/v1/charges", headers=KEY).get_json()["data"][0]
    assert "net_amount" not in row
    assert row["amount"] == "a lot"
    assert world.charge(charge["id"])[0]["amount"] == Decimal("100.00")
