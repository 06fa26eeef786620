"""Disconnecting from Zoho Books, and coming back: all history stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.services.connections import books_connection
from app.services.connections.tokens import StoredTokens
from app.services.refusals import Refusal
from app.services.syncing import runs, worker
from app.simulator.zoho_accounts.tokens import ACCESS_TOKENS, REFRESH_TOKENS
from app.store.connections import Connection
from app.store.db import read, write
from tests.shop import ACCOUNT, Shop

KEPT = ("settings_versions", "movements", "movement_versions", "effects", "effect_movements", "attempts", "runs")


def view(shop: Shop) -> books_connection.BooksView:
    return books_connection.view(shop.outside, shop.business)


def logins(shop: Shop) -> tuple[int, int]:
    """How many lasting logins and how many access tokens work at the simulated Zoho."""
    state = shop.simulator.state
    return len(state.all(REFRESH_TOKENS)), len(state.all(ACCESS_TOKENS))


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def confirm(shop: Shop, organization: str = "") -> None:
    books_connection.confirm(shop.outside, shop.business, organization or shop.organization)


def synced(shop: Shop) -> None:
    """One sale in the books, and one made since."""
    shop.clock.advance(timedelta(minutes=5))
    shop.world.new_sale(ACCOUNT)
    shop.sync()
    shop.clock.advance(timedelta(minutes=5))
    shop.world.new_sale(ACCOUNT)
    shop.clock.advance(timedelta(minutes=5))


def test_disconnecting_revokes_and_keeps_all_history(ready: Shop) -> None:
    synced(ready)
    before = ready.hashes(*KEPT)
    books_connection.disconnect(ready.outside, ready.business)

    assert logins(ready) == (0, 0)
    assert ready.hashes(*KEPT) == before
    shown = view(ready)
    assert (shown.status, shown.organization_id, shown.organization_name) == (
        "disconnected",
        ready.organization,
        "Lumen Home Goods",
    )
    with read() as session:
        row = session.scalars(sa.select(Connection).where(Connection.side == "books")).one()
    assert (row.secret, row.access_token, row.access_expires_at) == (None, None, None)


def test_disconnecting_closes_the_window_so_that_later_sales_are_left_out(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    during = ready.world.new_sale(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    books_connection.disconnect(ready.outside, ready.business)
    ready.clock.advance(timedelta(minutes=5))
    ready.world.new_sale(ACCOUNT)
    ready.clock.advance(timedelta(minutes=5))
    ready.connect_books()
    ready.save(sync_enabled=True)
    ready.sync()
    assert [row["reference_number"] for row in ready.documents("invoices")] == [f"HP-{during['id']}"]


def test_disconnecting_works_while_zoho_is_silent(ready: Shop) -> None:
    ready.line.spoil("POST", "/token/revoke", b"", status=503)
    books_connection.disconnect(ready.outside, ready.business)
    assert view(ready).status == "disconnected"


def test_disconnecting_without_history_lets_the_organization_go(ready: Shop) -> None:
    books_connection.disconnect(ready.outside, ready.business)
    assert (view(ready).organization_id, view(ready).organization_name) == ("", "")

    ready.open_business("Harbour")
    ready.connect_books()
    assert view(ready).organization_id == ready.organization


def test_disconnecting_with_history_keeps_the_organization_from_other_businesses(ready: Shop) -> None:
    synced(ready)
    books_connection.disconnect(ready.outside, ready.business)
    ready.open_business("Harbour")
    ready.finish(ready.decide(ready.consent_url()))
    assert "tied to another business" in refusal_of(lambda: confirm(ready)).sentence


def test_disconnecting_twice_is_refused(ready: Shop) -> None:
    books_connection.disconnect(ready.outside, ready.business)
    before = ready.hashes()
    again = refusal_of(lambda: books_connection.disconnect(ready.outside, ready.business))
    assert "nothing to disconnect" in again.sentence
    assert ready.hashes() == before


def test_run_after_disconnecting_says_so_and_loses_nothing(ready: Shop) -> None:
    synced(ready)
    books_connection.disconnect(ready.outside, ready.business)
    before, calls = ready.hashes(), len(ready.line.calls)
    run = ready.sync()
    assert (run.outcome, run.sentence) == (
        "stopped",
        "Zoho Books is not connected. Connect it on the Zoho Books page.",
    )
    assert ready.hashes() == before
    assert len(ready.line.calls) == calls


def test_sales_that_waited_are_posted_after_reconnecting(ready: Shop) -> None:
    synced(ready)
    books_connection.disconnect(ready.outside, ready.business)
    ready.sync()
    assert len(ready.documents("invoices")) == 1

    ready.connect_books()
    assert view(ready).connected
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == len(ready.documents("customerpayments")) == 2
    assert ready.truth()["trial_balance"] == "0.00"


def test_refresh_that_ends_after_disconnecting_leaves_no_token_behind(ready: Shop) -> None:
    with read() as session:
        row = session.scalars(sa.select(Connection).where(Connection.side == "books")).one()
    ready.clock.advance(timedelta(hours=2))

    def meanwhile(_method: str, path: str) -> None:
        if path.endswith("/oauth/v2/token"):
            ready.line.before = None
            with write() as session:
                kept = session.get_one(Connection, row.id)
                books_connection.forget_login(session, kept, ready.clock.now(), "disconnected")

    ready.line.before = meanwhile
    StoredTokens(ready.outside, row.id).current()
    with read() as session:
        assert session.get_one(Connection, row.id).access_token is None


def test_due_look_ups_wait_while_zoho_is_not_connected(ready: Shop) -> None:
    """A tick every few seconds must not fill the history with runs that can do nothing."""
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT)
    ready.fault("create_invoice", "lost_after_apply")
    ready.sync()
    books_connection.disconnect(ready.outside, ready.business)
    before = len(runs.latest(ready.outside, ready.business, 50))
    for _tick in range(3):
        ready.clock.advance(timedelta(hours=1))
        worker.tend(ready.outside)
        worker.run_due(ready.outside)
    assert len(runs.latest(ready.outside, ready.business, 50)) == before

    ready.connect_books()
    worker.tend(ready.outside)
    worker.run_due(ready.outside)
    assert len(ready.documents("invoices")) == len(ready.documents("customerpayments")) == 1
