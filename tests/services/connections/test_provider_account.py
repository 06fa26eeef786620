"""A business stays with the HitPay account whose sales it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.services.connections import provider_connection
from app.services.outside import Place
from app.services.refusals import Refusal
from tests.shop import ACCOUNT, Shop


@pytest.fixture
def selling(ready: Shop) -> Shop:
    """A business with one sale."""
    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale(ACCOUNT)
    assert ready.sync().outcome == "fine"
    ready.world.open_account("elsewhere", "Elsewhere", "demo-key-elsewhere")
    ready.world.new_sale("elsewhere")
    return ready


def refused(shop: Shop, key: str, environment: str = "simulator") -> Refusal:
    """The refusal, after which nothing is stored."""
    before = shop.hashes()
    with pytest.raises(Refusal) as caught:
        provider_connection.connect(shop.outside, shop.business, environment, key)
    assert shop.hashes() == before
    return caught.value


def test_key_of_another_account_is_refused_once_there_are_sales(selling: Shop) -> None:
    said = refused(selling, "demo-key-elsewhere").problems["api_key"]
    assert said.startswith("This key belongs to another HitPay account than the one whose sales are here.")


def test_key_of_another_account_is_refused_after_a_disconnect_too(selling: Shop) -> None:
    provider_connection.disconnect(selling.outside, selling.business)
    assert "another HitPay account" in refused(selling, "demo-key-elsewhere").problems["api_key"]


def test_another_environment_is_refused_once_there_are_sales_without_any_call(selling: Shop) -> None:
    live = Place("production", "Production")
    selling.outside = replace(selling.outside, environments=(*selling.outside.environments, live))
    calls = len(selling.line.calls)
    assert (
        refused(selling, selling.keys["hitpay"][ACCOUNT], "production")
        .problems["environment"]
        .startswith("The sales here come from HitPay's environment Simulator.")
    )
    assert len(selling.line.calls) == calls


def test_new_key_of_the_same_account_is_taken(selling: Shop) -> None:
    selling.world.open_account(ACCOUNT, "Lumen", "demo-key-renewed")
    provider_connection.connect(selling.outside, selling.business, "simulator", "demo-key-renewed")
    assert provider_connection.view(selling.outside, selling.business).key_ends == "ewed"


def test_charge_that_cannot_be_looked_up_now_stores_nothing(selling: Shop) -> None:
    (charge,) = selling.world.charges(ACCOUNT)
    selling.line.spoil("GET", f"/hitpay/v1/charges/{charge['id']}", b"", status=503)
    assert "Nothing was stored." in refused(selling, selling.keys["hitpay"][ACCOUNT]).sentence


def test_before_the_first_sale_the_account_may_be_changed(ready: Shop) -> None:
    ready.world.open_account("elsewhere", "Elsewhere", "demo-key-elsewhere")
    provider_connection.connect(ready.outside, ready.business, "simulator", "demo-key-elsewhere")
    assert provider_connection.view(ready.outside, ready.business).key_ends == "here"
