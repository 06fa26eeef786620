"""Access tokens: one refresh for all who ask, in time, and what happens when there is none."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from app.ports import NotConnected, Temporary
from app.services.business import settings
from app.services.connections import books_connection
from app.services.connections.tokens import EARLY, StoredTokens
from app.services.refusals import Refusal
from app.services.showing import status
from app.simulator.zoho_accounts import expire_access_tokens, kill_all
from app.store.connections import Connection
from app.store.db import read, write
from tests.shop import ACCOUNT, Shop

HOUR = timedelta(hours=1)
TOKEN = "/oauth/v2/token"


def connection_id(shop: Shop) -> int:
    with read() as session:
        found = session.scalar(sa.select(Connection.id).where(Connection.side == "books"))
    assert found
    return found


def tokens(shop: Shop) -> StoredTokens:
    """As another process or request holds them: nothing cached."""
    return StoredTokens(shop.outside, connection_id(shop))


def refreshes(shop: Shop) -> int:
    """How often the simulated Zoho was asked to refresh."""
    return shop.simulator.state.counters("calls:zoho_accounts:").get("calls:zoho_accounts:refresh", 0)


def sale(shop: Shop) -> None:
    shop.clock.advance(timedelta(minutes=5))
    shop.world.new_sale(ACCOUNT)


def test_token_of_the_consent_is_used_until_five_minutes_before_its_end(ready: Shop) -> None:
    held = tokens(ready)
    first = held.current()
    ready.clock.advance(HOUR - EARLY - timedelta(seconds=1))
    assert held.current() == tokens(ready).current() == first
    assert refreshes(ready) == 0

    ready.clock.advance(timedelta(seconds=1))
    second = held.current()
    assert second != first
    assert tokens(ready).current() == held.current() == second
    assert refreshes(ready) == 1


def test_whole_run_uses_one_token(ready: Shop) -> None:
    for _sale in range(4):
        sale(ready)
    ready.clock.advance(2 * HOUR)
    assert ready.sync().counts["posted"] >= 8
    assert refreshes(ready) == 1


def test_token_turned_down_is_replaced_and_the_document_sent_once(ready: Shop) -> None:
    sale(ready)
    expire_access_tokens(ready.simulator)
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == 1
    assert refreshes(ready) == 1


def in_threads(shop: Shop, count: int, act: Callable[[], str]) -> list[str]:
    """What `act` answers in each of `count` threads that begin together."""
    answers: list[str] = []
    together = Barrier(count)

    def work() -> None:
        with shop.app.app_context():
            together.wait(10)
            answers.append(act())

    threads = [Thread(target=copy_context().run, args=(work,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return answers


def test_eight_that_ask_at_once_cause_one_refresh(ready: Shop) -> None:
    ready.clock.advance(HOUR)
    answers = in_threads(ready, 8, lambda: tokens(ready).current())
    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert refreshes(ready) == 1


def test_eight_whose_token_was_turned_down_cause_one_refresh(ready: Shop) -> None:
    old = tokens(ready).current()
    expire_access_tokens(ready.simulator)
    answers = in_threads(ready, 8, lambda: tokens(ready).renew(old))
    assert len(answers) == 8
    assert len(set(answers) | {old}) == 2
    assert refreshes(ready) == 1


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """The time a refresh may take, made short: each look of those who wait costs a write."""
    monkeypatch.setattr("app.services.connections.tokens.REFRESH_TIMEOUT", timedelta(seconds=3))
    return timedelta(seconds=3)


def take_turn(held: StoredTokens, until: datetime) -> None:
    """Another process is refreshing."""
    with write() as session:
        session.get_one(Connection, held._id).refreshing_until = until


def test_refresh_of_a_process_that_died_is_taken_over_when_its_time_is_over(ready: Shop, short: timedelta) -> None:
    ready.clock.advance(HOUR)
    held, before = tokens(ready), ready.clock.now()
    take_turn(held, before + short)
    assert held.current()
    assert short <= ready.clock.now() - before <= short + timedelta(seconds=1)
    assert refreshes(ready) == 1


def test_refresh_that_another_process_never_ends_is_not_waited_for_for_ever(ready: Shop, short: timedelta) -> None:
    ready.clock.advance(HOUR)
    held = tokens(ready)
    take_turn(held, ready.clock.now() + short)

    def still_at_it(seconds: float) -> None:
        ready.clock.advance(timedelta(seconds=seconds))
        take_turn(held, ready.clock.now() + short)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ready.clock, "sleep", still_at_it)
        with pytest.raises(Temporary, match="Another process is still renewing"):
            held.current()
    assert refreshes(ready) == 0


def test_dead_login_fails_the_connection_and_loses_nothing(ready: Shop) -> None:
    sale(ready)
    kill_all(ready.simulator, ready.keys["zoho"]["user_id"])
    run = ready.sync()
    view = books_connection.view(ready.outside, ready.business)
    assert (run.outcome, view.status) == ("stopped", "failed")
    assert view.trouble == "Zoho doesn't accept the stored login any more. Reconnect Zoho Books."
    assert view.trouble_detail == "invalid_code"
    assert "Zoho" in status.view(ready.outside, ready.business_view()).headline

    ready.finish(ready.decide(ready.consent_url()))
    assert books_connection.view(ready.outside, ready.business).connected
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == len(ready.documents("customerpayments")) == 1


def test_failed_connection_stays_failed_after_a_run_that_called_nobody(ready: Shop) -> None:
    ready.clock.advance(2 * HOUR)
    charge = ready.world.new_sale(ACCOUNT)
    kill_all(ready.simulator, ready.keys["zoho"]["user_id"])
    assert ready.sync().outcome == "stopped"

    ready.world.change_charge(charge["id"], status="void")  # so that there is nothing to post any more
    assert ready.sync().calls == 0
    assert books_connection.view(ready.outside, ready.business).status == "failed"


def test_dead_login_found_in_the_middle_of_a_run_stops_it(ready: Shop) -> None:
    for _sale in range(3):
        sale(ready)

    def after_the_first_payment(method: str, path: str) -> None:
        if (method, path) == ("POST", "/zohoapis/books/v3/customerpayments"):
            ready.line.before = None
            kill_all(ready.simulator, ready.keys["zoho"]["user_id"])

    ready.line.before = after_the_first_payment
    run = ready.sync()
    assert (run.outcome, run.sentence[:37]) == ("stopped", "Zoho doesn't accept the stored login ")
    assert len(ready.documents("invoices")) == 1
    assert ready.effects()["create_customer_payment"] == "planned"

    ready.finish(ready.decide(ready.consent_url()))
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == len(ready.documents("customerpayments")) == 3


def denied(shop: Shop) -> None:
    """Zoho has had enough of refreshes: ten in ten minutes."""
    for _refresh in range(12):
        expire_access_tokens(shop.simulator)
        try:
            held = tokens(shop)
            held.renew(held.current())
        except Temporary:
            return
    raise AssertionError("Zoho never said Access Denied")


def test_access_denied_is_no_dead_login_and_is_over_after_a_pause(ready: Shop) -> None:
    sale(ready)
    denied(ready)
    run = ready.sync()
    assert (run.outcome, run.sentence) == ("stopped", "Zoho wants a pause before the next login.")
    assert books_connection.view(ready.outside, ready.business).status == "connected"

    ready.clock.advance(timedelta(minutes=16))
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == 1


def test_nobody_asks_again_while_zoho_wants_a_pause(ready: Shop) -> None:
    """Each try prolongs the pause, so runs and pages are told without asking Zoho."""
    denied(ready)
    asked = refreshes(ready)
    for _minute in range(13):
        ready.clock.advance(timedelta(minutes=1))
        held = tokens(ready)
        with pytest.raises(Temporary, match="wants a pause") as caught:
            held.renew(held.current())
        assert caught.value.retry_after
        with pytest.raises(Refusal, match=r"The settings need Zoho Books\. Zoho wants a pause"):
            settings.view(ready.outside, ready.business)
    assert refreshes(ready) == asked
    ready.clock.advance(timedelta(minutes=2))
    assert settings.view(ready.outside, ready.business).options
    assert refreshes(ready) == asked + 1


def test_reconnecting_ends_the_pause(ready: Shop) -> None:
    denied(ready)
    ready.finish(ready.decide(ready.consent_url()))
    assert tokens(ready).current()


def test_token_is_not_renewed_for_a_connection_without_login(ready: Shop) -> None:
    held = tokens(ready)
    ready.clock.advance(HOUR)
    books_connection.disconnect(ready.outside, ready.business)
    with pytest.raises(NotConnected, match="not connected any more"):
        held.current()
    assert refreshes(ready) == 0


@pytest.mark.parametrize(
    "kind", ["lost_before_apply", "lost_after_apply", "error_before_apply", "truncated", "not_json"]
)
def test_refresh_without_a_readable_answer_is_no_dead_login(ready: Shop, kind: str) -> None:
    sale(ready)
    ready.clock.advance(2 * HOUR)
    ready.fault("refresh", kind, platform="zoho_accounts")
    assert ready.sync().outcome == "stopped"
    assert books_connection.view(ready.outside, ready.business).status == "connected"
    assert ready.sync().outcome == "fine"
    assert len(ready.documents("invoices")) == 1
