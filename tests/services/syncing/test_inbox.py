"""Webhooks: taken in once, worked off as hints, and never believed."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.connections import provider_connection, webhook_gate, webhooks
from app.services.connections.webhook_gate import AT_ONCE, WebhookGate
from app.services.syncing import clockwork, inbox, runs, worker
from app.store.db import read
from app.store.webhooks import Delivery
from tests.shop import ACCOUNT, Shop

SALT = "salt-of-this-webhook"


@pytest.fixture(autouse=True)
def _fresh_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = WebhookGate()
    for module in (webhooks, inbox, webhook_gate):
        monkeypatch.setattr(module, "gate", gate)


@pytest.fixture
def listening(ready: Shop) -> Shop:
    """Sync is on, Individual, and a salt is stored."""
    webhooks.add_salt(ready.business, SALT)
    return ready


def told(charge: dict[str, Any], **changes: Any) -> bytes:
    """A body as HitPay sends it, as far as anybody looks at it."""
    return json.dumps(
        {"id": charge["id"], "status": charge["status"], "amount": str(charge["amount"])} | changes
    ).encode()


def deliver(shop: Shop, body: bytes, event: str = "charge.created", salt: str = SALT, **headers: str) -> str:
    view = webhooks.view(shop.outside, shop.business)
    assert view is not None
    what, _dot, happened = event.partition(".")
    signature = hmac.new(salt.encode(), body, "sha256").hexdigest()
    sent = {"Hitpay-Signature": signature, "Hitpay-Event-Object": what, "Hitpay-Event-Type": happened} | headers
    return webhooks.receive(shop.outside, "hitpay", view.address.rpartition("/")[2], body, sent)


def work_off(shop: Shop) -> None:
    """What the clockwork does within a second of an arrival."""
    inbox.on_arrival(shop.outside)
    worker.run_due(shop.outside)


def states(shop: Shop) -> list[tuple[str, str | None]]:
    with read() as session:
        return [(row.state, row.said) for row in session.scalars(sa.select(Delivery).order_by(Delivery.id))]


def test_sale_is_in_the_books_as_soon_as_its_webhook_is_worked_off(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT)
    assert deliver(listening, told(charge)) == "taken"
    assert listening.counts() == (0, 0, 0)
    work_off(listening)
    assert listening.counts() == (1, 1, 1)
    assert states(listening) == [("done", None)]
    run = runs.latest(listening.outside, listening.business, 1)[0]
    assert (run.trigger, run.outcome) == ("by webhook", "fine")


def test_bulk_knows_a_sale_at_once_and_waits_for_its_day(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    webhooks.add_salt(shop.business, SALT)
    shop.clock.advance(timedelta(minutes=5))
    calls = shop.truth()["calls_total"]
    deliver(shop, told(shop.world.add_charge(ACCOUNT)))
    work_off(shop)
    assert runs.latest(shop.outside, shop.business, 1)[0].counts["waiting"] == 1
    assert (shop.counts(), shop.truth()["calls_total"]) == ((0, 0, 0), calls)
    shop.next_day()
    clockwork.run_due(shop.outside)
    worker.run_due(shop.outside)
    assert shop.counts() == (1, 1, 1)


def test_refund_told_by_webhook_is_in_the_books(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT)
    listening.sync()
    listening.clock.advance(timedelta(minutes=5))
    listening.world.refund(charge["id"], "40.00")
    deliver(listening, told(charge, status="partially_refunded"), "charge.updated")
    work_off(listening)
    assert [row["total"] for row in listening.documents("creditnotes")] == ["40.00"]


def test_what_a_webhook_claims_is_not_believed(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT, status="pending")
    deliver(listening, told(charge, status="succeeded", amount=999_999))
    work_off(listening)
    assert listening.counts() == (0, 0, 0)


def test_replayed_a_thousand_times_it_is_read_once(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT)
    body = told(charge)
    assert {deliver(listening, body) for _time in range(900)} == {"taken"}
    work_off(listening)
    for _time in range(100):
        deliver(listening, body)
        listening.clock.advance(timedelta(seconds=30))
        work_off(listening)
    assert len(states(listening)) == 1
    assert listening.line.count("GET", f"/charges/{charge['id']}") == 1
    assert listening.counts() == (1, 1, 1)


def test_burst_of_many_sales_is_one_run_and_the_same_sale_is_read_once(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charges = [listening.world.add_charge(ACCOUNT) for _sale in range(5)]
    for charge in charges:
        deliver(listening, told(charge))
        deliver(listening, told(charge, remark="again"), "charge.updated")
    work_off(listening)
    assert listening.counts() == (5, 5, 5)
    assert len(runs.latest(listening.outside, listening.business, 10)) == 1
    assert sum(listening.line.count("GET", f"/charges/{one['id']}") for one in charges) == 5


def test_second_arrival_waits_a_moment_and_is_in_within_a_minute(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    deliver(listening, told(listening.world.add_charge(ACCOUNT)))
    work_off(listening)
    listening.clock.advance(timedelta(seconds=1))
    deliver(listening, told(listening.world.add_charge(ACCOUNT)))
    work_off(listening)
    assert listening.counts() == (1, 1, 1)
    listening.clock.advance(inbox.PAUSE)
    work_off(listening)
    assert listening.counts() == (2, 2, 2)


def test_out_of_order_the_books_follow_the_truth(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT)
    created = told(charge)
    listening.clock.advance(timedelta(minutes=1))
    listening.world.refund(charge["id"])
    deliver(listening, told(charge, status="refunded"), "charge.updated")
    work_off(listening)
    listening.clock.advance(timedelta(minutes=2))
    deliver(listening, created)
    work_off(listening)
    listening.sync()
    assert listening.counts() == (1, 1, 1)
    assert len(listening.documents("creditnotes")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Hitpay-Signature": ""},
        {"Hitpay-Signature": "0" * 64},
        {"Hitpay-Signature": "ünsinn"},
    ],
)
def test_forged_delivery_is_refused_and_changes_nothing(listening: Shop, headers: dict[str, str]) -> None:
    before = listening.hashes("webhook_addresses", "webhook_deliveries", "movements", "effects", "runs")
    assert deliver(listening, b'{"id": "x"}', **headers) == "refused"
    assert listening.hashes("webhook_addresses", "webhook_deliveries", "movements", "effects", "runs") == before


def test_delivery_with_one_byte_changed_or_another_business_s_salt_is_refused(listening: Shop) -> None:
    charge = listening.world.add_charge(ACCOUNT)
    body = told(charge)
    signature = hmac.new(SALT.encode(), body, "sha256").hexdigest()
    assert deliver(listening, body + b" ", **{"Hitpay-Signature": signature}) == "refused"
    assert deliver(listening, body, salt="another-salt") == "refused"
    assert deliver(listening, body, **{"Hitpay-Signature": f"{signature},{signature}"}) == "refused"
    assert states(listening) == []
    inbox.run_due(listening.outside)
    view = webhooks.view(listening.outside, listening.business)
    assert view is not None
    assert (view.refused, view.arrived) == (3, 0)


def test_unknown_address_is_refused_like_a_wrong_signature(listening: Shop) -> None:
    body = b"{}"
    headers = {"Hitpay-Signature": hmac.new(SALT.encode(), body, "sha256").hexdigest()}
    assert webhooks.receive(listening.outside, "hitpay", "nobody", body, headers) == "refused"
    view = webhooks.view(listening.outside, listening.business)
    assert view is not None
    token = view.address.rpartition("/")[2]
    assert webhooks.receive(listening.outside, "alternative_payments", token, body, headers) == "refused"


def test_old_and_new_salt_both_sign_and_a_fourth_drops_the_first(listening: Shop) -> None:
    for number in range(2):
        webhooks.add_salt(listening.business, f"salt-number-{number}")
    assert deliver(listening, b'{"id": "a"}') == "taken"
    assert deliver(listening, b'{"id": "b"}', salt="salt-number-1") == "taken"
    webhooks.add_salt(listening.business, "salt-number-2")
    assert deliver(listening, b'{"id": "c"}') == "refused"


@pytest.mark.parametrize(
    ("body", "event", "said"),
    [
        (b"", "charge.created", "It can't be read"),
        (b"\xff\xfe{", "charge.created", "It can't be read"),
        (b"[1]", "charge.created", "It can't be read"),
        (b'{"id": 7}', "charge.created", "It can't be read"),
        (b'{"id": "../../refund"}', "charge.created", "It can't be read"),
        (b'{"id": "9b2ada28"}', "charge.created", "doesn't exist in HitPay"),
        (b'{"id": "9b2ada28"}', "order.created", "no use for the event order.created"),
        (b'{"id": "9b2ada28"}', "charge.failed", "no use for the event charge.failed"),
        (b'{"id": "9b2ada28"}', "<script>.x", "no use for the event without a name"),
    ],
)
def test_what_concerns_nobody_or_cannot_be_read_is_kept_and_named(
    listening: Shop, body: bytes, event: str, said: str
) -> None:
    assert deliver(listening, body, event) == "taken"
    work_off(listening)
    [(state, why)] = states(listening)
    assert state == "kept"
    assert said in (why or "")
    assert listening.counts() == (0, 0, 0)


def test_event_named_in_full_in_one_header_is_understood(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT)
    deliver(listening, told(charge), **{"Hitpay-Event-Object": "", "Hitpay-Event-Type": "charge.created"})
    work_off(listening)
    assert listening.counts() == (1, 1, 1)


def test_while_sync_is_off_or_hitpay_disconnected_deliveries_are_kept_without_effect(listening: Shop) -> None:
    charge = listening.world.add_charge(ACCOUNT)
    listening.save(sync_enabled=False)
    deliver(listening, told(charge))
    work_off(listening)
    provider_connection.disconnect(listening.outside, listening.business)
    deliver(listening, told(charge, remark="later"))
    work_off(listening)
    assert states(listening) == [("kept", "Sync was off."), ("kept", "HitPay was disconnected.")]
    assert runs.latest(listening.outside, listening.business, 5) == []


def test_when_hitpay_does_not_answer_the_delivery_waits_and_is_read_later(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    charge = listening.world.add_charge(ACCOUNT)
    for number in range(1, 9):
        listening.fault("get_charge", "error_before_apply", "hitpay", nth=number)
    deliver(listening, told(charge))
    work_off(listening)
    assert [state for state, _why in states(listening)] == ["waiting"]
    for _minute in range(6):
        listening.clock.advance(timedelta(minutes=1))
        inbox.run_due(listening.outside)
        worker.run_due(listening.outside)
    assert states(listening)[0][0] == "done"
    assert listening.counts() == (1, 1, 1)


def test_without_any_webhook_polling_finds_the_same(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    listening.world.add_charge(ACCOUNT)
    listening.sync("sweep")
    assert listening.counts() == (1, 1, 1)


def test_runs_after_webhooks_do_not_put_off_the_hourly_ones(listening: Shop) -> None:
    listening.sync("sweep")
    for _quarter in range(8):
        listening.clock.advance(timedelta(minutes=10))
        deliver(listening, told(listening.world.add_charge(ACCOUNT)))
        work_off(listening)
    clockwork.run_due(listening.outside)
    assert runs.latest(listening.outside, listening.business, 1)[0].trigger == "hourly"


def test_sync_now_takes_the_place_of_a_queued_run_after_webhooks(listening: Shop) -> None:
    listening.clock.advance(timedelta(minutes=5))
    deliver(listening, told(listening.world.add_charge(ACCOUNT)))
    inbox.on_arrival(listening.outside)
    asked = runs.request_manual(listening.outside, listening.business, listening.user)
    worker.run_due(listening.outside)
    [run] = runs.latest(listening.outside, listening.business, 5)
    assert (run.id, run.trigger) == (asked, "by hand")
    assert runs.next_manual(listening.business) is not None


def test_address_takes_so_many_at_once_and_then_so_many_a_second() -> None:
    gate = WebhookGate()
    assert sum(gate.admit("one", 0.0) for _time in range(2_000)) == AT_ONCE
    assert gate.admit("other", 0.0)
    assert sum(gate.admit("one", 1.0) for _time in range(2_000)) == 100


def test_raw_bodies_are_encrypted_cleared_after_a_week_and_forgotten_after_ninety_days(listening: Shop) -> None:
    deliver(listening, b'{"id": "Jane Doe"}', "order.created")
    work_off(listening)
    with read() as session:
        stored = session.execute(sa.text("SELECT body FROM webhook_deliveries")).scalar_one()
    assert b"Jane" not in stored
    now = listening.clock.now()
    assert webhooks.clean_up(now + timedelta(days=6)) == 0
    assert webhooks.clean_up(now + timedelta(days=8)) == 1
    assert states(listening) != []
    assert webhooks.clean_up(now + timedelta(days=91)) == 1
    assert states(listening) == []
