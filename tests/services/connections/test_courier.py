"""The simulated HitPay delivers what happened, signed, and again until somebody takes it."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.services.connections import webhooks
from app.services.refusals import Refusal
from app.services.syncing import inbox, worker
from app.simulator.courier import PAUSES, Courier
from app.simulator.webhooks import DELIVERIES, WEBHOOKS
from tests.shop import ACCOUNT, Shop


def send_to(app: Flask, heard: list[tuple[bytes, dict[str, str]]]) -> Any:
    def send(url: str, body: bytes, headers: dict[str, str]) -> int:
        heard.append((body, headers))
        return app.test_client().post("/" + url.split("/", 3)[3], data=body, headers=headers).status_code

    return send


def test_registered_webhook_brings_a_sale_into_the_books(ready: Shop) -> None:
    webhooks.register(ready.outside, ready.business)
    webhooks.register(ready.outside, ready.business)
    [webhook] = ready.simulator.state.all(WEBHOOKS)
    webhooks.add_salt(ready.business, webhook["salt"])
    view = webhooks.view(ready.outside, ready.business)
    assert view is not None
    assert view.registered
    ready.clock.advance(timedelta(minutes=5))
    charge = ready.world.add_charge(ACCOUNT)
    ready.world.refund(charge["id"], "10.00")
    ready.world.pay_out(ACCOUNT)
    heard: list[tuple[bytes, dict[str, str]]] = []

    assert Courier(ready.simulator).deliver_due(send_to(ready.app, heard)) == 3

    assert [headers["Hitpay-Event-Object"] + headers["Hitpay-Event-Type"] for _body, headers in heard] == [
        "chargecreated", "chargeupdated", "payoutcreated",
    ]  # fmt: skip
    for body, headers in heard:
        assert headers["Hitpay-Signature"] == hmac.new(webhook["salt"].encode(), body, "sha256").hexdigest()
    assert json.loads(heard[0][0])["id"] == charge["id"]
    inbox.run_due(ready.outside)
    worker.run_due(ready.outside)
    assert ready.counts() == (1, 1, 1)
    assert len(ready.documents("creditnotes")) == 1


def test_webhook_of_an_install_that_moved_is_moved_with_it(ready: Shop) -> None:
    webhooks.register(ready.outside, ready.business)
    elsewhere = replace(ready.outside, public_url="http://127.0.0.1:8123")
    webhooks.register(elsewhere, ready.business)
    [webhook] = ready.simulator.state.all(WEBHOOKS)
    assert webhook["url"].startswith("http://127.0.0.1:8123/webhooks/hitpay/")


def test_address_the_platform_refuses_is_not_registered(ready: Shop) -> None:
    elsewhere = replace(ready.outside, public_url="https://books.example.com")
    with pytest.raises(Refusal):
        webhooks.register(elsewhere, ready.business)
    assert ready.simulator.state.all(WEBHOOKS) == []


def test_delivery_nobody_takes_is_repeated_and_given_up_in_the_end(ready: Shop) -> None:
    webhooks.register(ready.outside, ready.business)
    ready.world.add_charge(ACCOUNT)
    courier, tries = Courier(ready.simulator), list[str]()

    def refuse(url: str, _body: bytes, _headers: dict[str, str]) -> int:
        tries.append(url)
        return 401

    for _hour in range(2 * len(PAUSES)):
        courier.deliver_due(refuse)
        courier.deliver_due(refuse)
        ready.clock.advance(timedelta(hours=3))
    assert len(tries) == 1 + len(PAUSES)
    assert ready.simulator.state.all(DELIVERIES) == []
