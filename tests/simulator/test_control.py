"""The simulator's own pages and switches: time that moves, sales on demand, truth to the cent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.simulator.clock import Clock, FileClock, ManualClock, SystemClock
from app.simulator.server import create_simulator
from app.simulator.state import State
from app.simulator.world import World
from app.simulator.zoho_books.accounts import account_id
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import book_of

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # 12:00 in Singapore
KEY = {"X-BUSINESS-API-KEY": "key-1", "Accept": "application/json"}


def opened(clock: Clock) -> World:
    world = World(State(), clock)
    world.open_account("lumen", "Lumen", "key-1")
    return world


@pytest.fixture
def world() -> World:
    return opened(ManualClock(NOON))


@pytest.fixture
def client(world: World) -> FlaskClient:
    return client_of(world)


def client_of(world: World) -> FlaskClient:
    return create_simulator(world.state, world.clock, "http://localhost").test_client()


def switch(client: FlaskClient, name: str, /, **body: Any) -> Any:
    answer = client.post(f"/__control/{name}", json=body)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_next_day_closes_today_and_arrives_at_one_in_the_morning(world: World, client: FlaskClient) -> None:
    answer = client.post("/next-day")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert world.clock.now() == datetime(2026, 3, 10, 17, 0, tzinfo=UTC)  # 01:00 on the 11th
    days = [row["created_at"][:10] for row in world.charges("lumen")]
    assert (days.count("2026-03-10"), days.count("2026-03-11")) == (12, 1)


def test_next_day_moves_the_clock_file_and_keeps_its_rate(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_text("")
    FileClock(path).write(NOON, rate=0)
    client_of(opened(FileClock(path))).post("/next-day")
    start, rate, _ = path.read_text().split()
    assert (datetime.fromisoformat(start), float(rate)) == (datetime(2026, 3, 10, 17, 0, tzinfo=UTC), 0.0)


def test_next_day_after_dripping_repeats_nothing(world: World, client: FlaskClient) -> None:
    world.drip("lumen", on=True)
    client.post("/next-day")
    client.post("/next-day")
    page(client, "/")
    days = [row["created_at"][:10] for row in world.charges("lumen")]
    assert (days.count("2026-03-10"), days.count("2026-03-11")) == (12, 12)


def test_real_time_has_no_next_day() -> None:
    client = client_of(opened(SystemClock()))
    assert "Next day</button>" not in page(client, "/")
    assert client.post("/next-day").status_code == 409


def test_a_new_sale_is_paid_at_once_and_shown(world: World, client: FlaskClient) -> None:
    client.post("/shops/lumen/sale")
    client.post("/shops/lumen/sale")
    rows = world.charges("lumen")
    assert [row["closed_at"] for row in rows] == ["2026-03-10T12:00:00+08:00"] * 2
    assert all(f'id="{row["id"]}"' in page(client, "/shops/lumen") for row in rows)


def test_dripping_is_switched_on_and_off_by_a_button(world: World, client: FlaskClient) -> None:
    assert "Let sales drip in" in page(client, "/")
    client.post("/shops/lumen/drip", data={"on": "1"})
    assert world.account("lumen")["dripping"] is True
    assert "Stop sales dripping in" in page(client, "/")
    client.post("/shops/lumen/drip", data={"on": "0"})
    assert world.account("lumen")["dripping"] is False


def test_pay_out_settles_what_is_due_and_shows_it(world: World, client: FlaskClient) -> None:
    client.post("/shops/lumen/payout")
    assert "None yet." in page(client, "/shops/lumen")
    client.post("/shops/lumen/sale")
    assert client.post("/shops/lumen/payout").status_code == 303
    client.post("/shops/lumen/payout")
    (payout,) = client.get("/__truth/hitpay/lumen").get_json()["payouts"]
    assert f'id="{payout["id"]}"' in page(client, "/shops/lumen")
    assert world.charges("lumen")[0]["payout_id"] == payout["id"]
    switch(client, "payout", payout=payout["id"], status="processing")
    assert "processing" in page(client, "/shops/lumen")


def test_a_form_from_another_site_is_refused(world: World, client: FlaskClient) -> None:
    answer = client.post("/shops/lumen/sale", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, world.charges("lumen")) == (403, [])


def test_pages_need_no_script_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    text = page(client, "/")
    assert "<script" not in text
    assert "style=" not in text
    assert client.get("/").headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    with client.get("/simulator/simulator.css") as style:
        assert style.status_code == 200


def test_an_empty_simulator_says_what_is_missing() -> None:
    client = create_simulator(State(), ManualClock(NOON), "http://localhost").test_client()
    assert "There is no shop yet." in page(client, "/")
    assert client.get("/shops/none").status_code == 404
    assert client.get("/books/app/1").status_code == 404


def test_the_demo_world_is_built_once_however_often_it_is_asked_for(client: FlaskClient) -> None:
    first = switch(client, "world", redirect_uri="http://localhost:5000/oauth/zoho/callback", seed=3)
    again = switch(client, "world", redirect_uri="http://localhost:5000/oauth/zoho/callback", seed=3)
    assert again == first
    assert list(first["hitpay"]) == ["lumen", "harbour"]
    assert sum(f">{name}</a>" in page(client, "/") for name in first["zoho"]["organizations"]) == 3


def test_the_demo_has_two_active_organizations_in_sgd_and_an_inactive_one(client: FlaskClient) -> None:
    built = switch(client, "world", redirect_uri="http://localhost:5000/cb")["zoho"]["organizations"]
    told = [client.get(f"/__truth/zoho/{key}").get_json()["organization"] for key in built.values()]
    assert [(row["currency_code"], row["is_active"]) for row in told] == [("SGD", True), ("SGD", True), ("SGD", False)]


def test_the_demo_s_keys_open_hitpay(client: FlaskClient) -> None:
    for key in switch(client, "world", redirect_uri="http://localhost:5000/cb")["hitpay"].values():
        assert client.get("/hitpay/v1/account-status", headers={"X-BUSINESS-API-KEY": key}).status_code == 200


def test_the_books_page_shows_documents_where_the_web_app_s_links_point(world: World) -> None:
    server = create_simulator(world.state, world.clock, "http://localhost")
    client = server.test_client()
    simulator = server.extensions["simulator"]
    organization = switch(client, "world", redirect_uri="http://localhost:5000/cb")["zoho"]["organizations"]
    books = organization["Lumen Home Goods"]
    act(simulator, books, "create_contact", {"contact_name": "HitPay <Sales>"})
    book = book_of(simulator, books)
    body = {
        "account_id": account_id(book, "HitPay Fees"),
        "paid_through_account_id": account_id(book, "HitPay Clearing"),
        "date": "2026-03-09",
        "amount": Decimal("12.34"),
        "reference_number": "HP-1",
    }
    expense = act(simulator, books, "create_expense", body)["expense"]
    text = page(client, f"/books/app/{books}")
    assert f'<tr id="/expenses/{expense["expense_id"]}">' in text
    assert "HitPay &lt;Sales&gt;" in text
    assert "12.34 SGD" in text


def test_switches_of_an_organization_and_its_lock_show_in_its_truth(client: FlaskClient) -> None:
    built = switch(client, "world", redirect_uri="http://localhost:5000/cb")["zoho"]["organizations"]
    books = built["Lumen Home Goods"]
    switch(client, "switch", organization_id=books, name="draft_accepts_payment", value=False)
    switch(client, "switch", organization_id=books, name="active", value=False)
    switch(client, "limits", organization_id=books, calls_per_minute=7)
    switch(client, "lock", organization_id=books, date="2026-02-28")
    told = client.get(f"/__truth/zoho/{books}").get_json()["organization"]
    assert (told["settings"]["draft_accepts_payment"], told["settings"]["calls_per_minute"]) == (False, 7)
    assert (told["is_active"], told["lock_date"]) == (False, "2026-02-28")


def test_trade_by_switch_stops_at_now(world: World, client: FlaskClient) -> None:
    made = switch(client, "trade", account="lumen", **{"from": "2026-03-09", "to": "2026-03-11"}, count=20)
    latest = max(row["closed_at"] for row in world.charges("lumen"))
    assert 20 < made["charges"] == len(world.charges("lumen")) < 40
    assert latest <= "2026-03-10T12:00:00+08:00"


def test_a_charge_by_switch_is_exact(client: FlaskClient) -> None:
    charge = switch(client, "charge", account="lumen", amount="0.01", method="paynow_online")
    truth = client.get("/__truth/hitpay/lumen").get_json()
    assert truth["charges"] == [charge]
    assert (charge["amount"], charge["net_amount"], truth["owed"]) == ("0.01", "-0.29", "-0.29")


def test_refund_and_payout_by_switch_show_in_the_truth(client: FlaskClient) -> None:
    charge = switch(client, "charge", account="lumen", amount="100")
    refund = switch(client, "refund", charge=charge["id"], amount="10.00")
    payout = switch(client, "payout", account="lumen")
    truth = client.get("/__truth/hitpay/lumen").get_json()
    assert (truth["refunds"], truth["payouts"], truth["owed"]) == ([refund], [payout], "0.00")


def test_the_clock_is_set_by_switch(world: World, client: FlaskClient) -> None:
    switch(client, "clock", start="2026-04-01T00:00:00+08:00")
    assert world.clock.now() == datetime(2026, 3, 31, 16, 0, tzinfo=UTC)


def test_limits_and_faults_are_set_by_switch(client: FlaskClient) -> None:
    switch(client, "fault", platform="hitpay", operation="list_charges", kind="error_before_apply", nth=2, status=503)
    statuses = [client.get("/hitpay/v1/charges", headers=KEY).status_code for _ in range(3)]
    assert statuses == [200, 503, 200]
    switch(client, "limits", per_minute=1)
    assert client.get("/hitpay/v1/charges", headers=KEY).status_code == 429


@pytest.mark.parametrize(
    ("name", "body", "word"),
    [
        ("trade", {"account": "none", "from": "2026-03-09", "to": "2026-03-09"}, "none"),
        ("trade", {"account": "lumen"}, "from"),
        ("trade", {"account": "lumen", "from": "yesterday", "to": "today"}, "yesterday"),
        ("charge", {"account": "lumen", "amuont": "1"}, "amuont"),
        ("fault", {"platform": "hitpay", "operation": "*", "kind": "rain"}, "rain"),
        ("fault", {"weather": "rain"}, "weather"),
        ("lock", {"date": "2026-01-01"}, "organization_id"),
    ],
)
def test_a_mistaken_switch_is_told_what_is_wrong(client: FlaskClient, name: str, body: Any, word: str) -> None:
    answer = client.post(f"/__control/{name}", json=body)
    assert (answer.status_code, word in answer.get_json()["message"]) == (400, True)


def test_counters_and_violations_are_readable(client: FlaskClient) -> None:
    client.get("/hitpay/v1/charges?page=1", headers=KEY)
    assert client.get("/__truth/counters").get_json()["calls:hitpay:lumen:list_charges"] == 1
    told = client.get("/__truth/violations").get_json()
    assert (told["validated"]["hitpay"], told["violations"][0]["field"]) == (1, "page")
