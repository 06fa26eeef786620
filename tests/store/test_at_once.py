"""Of many who do the same at once one does it and nobody meets an error, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.clock import ManualClock
from app.services.connections.tokens import StoredTokens
from app.services.outside import Outside
from app.services.syncing import runs
from app.store.businesses import Business
from app.store.connections import Connection
from app.store.db import read, write
from app.store.runs import Run
from app.store.settings import SettingsVersion, SyncWindow, open_window, windows
from tests.conftest import START, outside_of
from tests.store.test_claims import at_once

OLD = "an access token that was turned down"


@pytest.fixture
def world() -> Outside:
    return outside_of(ManualClock(START))


@pytest.fixture
def business(store: Flask) -> int:
    """A business that is ready to sync."""
    with write() as session:
        row = Business(name="Kopi House", slug="kopi-house", provider="hitpay", time_zone="UTC", created_at=START)
        session.add(row)
        session.flush()
        shared = {"business_id": row.id, "status": "connected", "since": START, "place": "us"}
        session.add(Connection(**shared, side="provider", kind="hitpay", secret="key"))
        session.add(
            Connection(**shared, side="books", kind="zoho_books", account_id="1", secret="refresh token",
                       access_token=OLD, access_expires_at=START + timedelta(minutes=30))
        )  # fmt: skip
        session.add(SettingsVersion(business_id=row.id, organization_id="1", valid_from=START, rules={}))
        session.add(SyncWindow(business_id=row.id, opened_at=START))
        return row.id


def runs_kept() -> int:
    with read() as session:
        return session.scalar(sa.select(sa.func.count(Run.id))) or 0


def test_commands_at_once_queue_one_run(store: Flask, business: int, world: Outside) -> None:
    answers = at_once(store, lambda _number: runs.request(world, business, "command"))
    assert len(set(answers)) == runs_kept() == 1


def test_presses_on_sync_now_at_once_queue_one_run(store: Flask, business: int, world: Outside) -> None:
    with write() as session:
        session.execute(sa.text("INSERT INTO users (id, email, created_at) VALUES (1, 'a@example.com', '2026-11-22')"))
    answers = at_once(store, lambda _number: runs.request_manual(world, business, 1))
    assert len(set(answers)) == runs_kept() == 1


def test_sync_now_beside_a_command_does_not_spend_the_hour_in_vain(
    store: Flask, business: int, world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = runs.request(world, business, "command")
    monkeypatch.setattr("app.store.runs.unfinished", lambda *_given: None)  # it was committed an instant later
    assert runs.request_manual(world, business, 1) == first
    assert runs.next_manual(business) is None
    assert runs.request(world, business, "daily") == first


def test_sync_enabled_at_once_opens_one_window(store: Flask, business: int, world: Outside) -> None:
    with write() as session:
        session.execute(sa.update(SyncWindow).values(closed_at=START))

    def enable(_number: int) -> None:
        with write() as session:
            open_window(session, business, START)

    at_once(store, enable)
    with read() as session:
        assert [one.closed_at is None for one in windows(session, business)].count(True) == 1


@pytest.mark.parametrize("_round", range(3))
def test_turn_to_refresh_is_given_to_one(store: Flask, business: int, world: Outside, _round: int) -> None:
    with read() as session:
        books = session.scalars(sa.select(Connection.id).where(Connection.side == "books")).one()
    turns = at_once(store, lambda _number: StoredTokens(world, books)._take_turn(OLD))
    assert len([turn for turn in turns if turn]) == 1


def test_database_error_names_no_values(store: Flask, business: int) -> None:
    with pytest.raises(IntegrityError) as caught, write() as session:
        session.add(Connection(business_id=business, side="books", kind="zoho_books", status="connected",
                               since=START, secret="a secret", account_name="Private Ltd"))  # fmt: skip
    assert "Private Ltd" not in str(caught.value)
