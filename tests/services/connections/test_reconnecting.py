"""Coming back after a disconnect: sync goes on from then, unless a person had switched it off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.services.business import settings
from app.services.business.settings import SettingsInput
from app.services.connections import books_connection, provider_connection
from app.services.showing import records
from app.services.syncing import runs
from app.simulator.zoho_books.organizations import create_organization
from app.store.connections import Connection
from app.store.db import read, write
from app.store.settings import open_window, windows
from tests.shop import ACCOUNT, Shop

MINUTE = timedelta(minutes=5)


def hitpay_away(shop: Shop) -> Callable[[], None]:
    provider_connection.disconnect(shop.outside, shop.business)
    return shop.connect_provider


def zoho_away(shop: Shop) -> Callable[[], None]:
    books_connection.disconnect(shop.outside, shop.business)
    return shop.connect_books


def sale(shop: Shop) -> str:
    shop.clock.advance(MINUTE)
    charge = shop.world.new_sale(ACCOUNT)
    shop.clock.advance(MINUTE)
    return str(charge["id"])


@pytest.mark.parametrize("disconnect", [hitpay_away, zoho_away])
def test_sales_after_reconnecting_are_posted_and_those_in_between_left_out(
    ready: Shop, disconnect: Callable[[Shop], Callable[[], None]]
) -> None:
    before = sale(ready)
    ready.sync()
    connect_again = disconnect(ready)
    between = sale(ready)
    connect_again()
    after = sale(ready)
    assert ready.sync().outcome == "fine"
    assert {row.provider_id: row.says for row in records.page(ready.business).rows} == {
        before: "In Zoho Books.",
        between: "Left out: made while sync was off.",
        after: "In Zoho Books.",
    }


def test_window_opens_with_the_second_of_reconnecting(ready: Shop) -> None:
    connect_again = hitpay_away(ready)
    ready.clock.advance(timedelta(minutes=5, microseconds=700_000))
    connect_again()
    with read() as session:
        assert windows(session, ready.business)[-1].opened_at == ready.clock.now().replace(microsecond=0)


@pytest.mark.parametrize("disconnect", [hitpay_away, zoho_away])
def test_sync_that_a_person_switched_off_stays_off_after_reconnecting(
    ready: Shop, disconnect: Callable[[Shop], Callable[[], None]]
) -> None:
    ready.save(sync_enabled=False)
    disconnect(ready)()
    assert not settings.sync_enabled(ready.business)
    assert runs.why_not_ready(ready.outside, ready.business) == "Tick Enable sync in Settings first."


def test_sync_resumes_only_when_both_sides_are_connected_again(ready: Shop) -> None:
    sale(ready)
    ready.sync()
    hitpay_again, zoho_again = hitpay_away(ready), zoho_away(ready)
    zoho_again()
    assert not settings.sync_enabled(ready.business)
    hitpay_again()
    assert settings.sync_enabled(ready.business)


def test_sync_resumes_beside_a_side_that_only_failed(ready: Shop) -> None:
    """A failed login closes no window: its sales wait and are posted later."""
    connect_again = hitpay_away(ready)
    with write() as session:
        session.execute(sa.update(Connection).where(Connection.side == "books").values(status="failed"))
    connect_again()
    assert settings.sync_enabled(ready.business)


def test_reconnecting_while_sync_is_on_opens_no_second_window(ready: Shop) -> None:
    before = ready.hashes("sync_windows")
    ready.connect_provider()
    ready.connect_books()
    assert ready.hashes("sync_windows") == before


def test_of_two_that_open_a_window_at_once_one_opens_it(ready: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.settings.is_open", lambda *_given: False)
    with write() as session:
        open_window(session, ready.business, ready.clock.now())
    with read() as session:
        assert len(windows(session, ready.business)) == 1


def test_settings_of_another_organization_are_not_in_force(ready: Shop) -> None:
    books_connection.disconnect(ready.outside, ready.business)
    other = create_organization(ready.simulator, ready.keys["zoho"]["user_id"], "Harbour Goods")
    ready.finish(ready.decide(ready.consent_url()))
    books_connection.confirm(ready.outside, ready.business, other)

    assert settings.current_rules(ready.business) is None
    assert settings.view(ready.outside, ready.business).current == SettingsInput()
    assert not settings.sync_enabled(ready.business)
    assert runs.why_not_ready(ready.outside, ready.business) == "Choose the accounts in Settings first."


def test_settings_are_in_force_again_with_their_organization(ready: Shop) -> None:
    chosen = settings.current_input(ready.business)
    zoho_away(ready)()
    assert settings.current_input(ready.business) == chosen
