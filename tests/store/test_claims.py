"""Claims and leases: of many who ask at once exactly one gets it, on either database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.store import businesses, leases, outbox
from app.store.businesses import Business
from app.store.db import RowWriter, in_transaction, read, write
from app.store.leases import Lease
from app.store.outbox import Effect, Outcome
from app.store.runs import Run
from tests.conftest import START

WORKERS = 8


def at_once(app: Flask, act: Callable[[int], Any]) -> list[Any]:
    """Let eight threads begin `act` together; their answers."""
    barrier = Barrier(WORKERS)

    def one(number: int) -> Any:
        with app.app_context():
            barrier.wait()
            return act(number)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


@pytest.fixture
def business(store: Flask) -> int:
    with write() as session:
        row = Business(name="Kopi House", slug="kopi-house", provider="hitpay", time_zone="UTC", created_at=START)
        session.add(row)
        session.flush()
        session.add(Lease(business_id=row.id, owner="", fence=0, expires_at=START))
        return row.id


def planned_effect(business: int, **values: Any) -> int:
    with write() as session:
        run = Run(business_id=business, trigger="manual", requested_at=START, state="ended")
        session.add(run)
        session.flush()
        given: dict[str, Any] = {
            "business_id": business, "planned_by": run.id, "target": "zoho_books:1", "action": "create_invoice",
            "reference": "HP-1", "group_key": "HP-1", "position": 0, "document_date": date(2026, 11, 22),
            "currency": "SGD", "amount_minor": 100, "payload": {}, "payload_hash": "", "state": "planned",
            "planned_at": START,
        }  # fmt: skip
        effect = Effect(**(given | values))
        session.add(effect)
        session.flush()
        return effect.id


def take_lease(business: int, owner: str, now: Any = START) -> int | None:
    with write() as session:
        return leases.take(session, business, owner, now, now + timedelta(seconds=90))


def claim(effect: int, business: int, owner: str, fence: int, now: Any = START) -> bool:
    with closing(RowWriter()) as writer, writer as rows:
        return outbox.claim(rows, effect, business, owner, fence, now)


def test_of_eight_workers_one_gets_the_lease(store: Flask, business: int) -> None:
    fences = at_once(store, lambda number: take_lease(business, f"worker-{number}"))

    assert sorted(fence for fence in fences if fence is not None) == [1]


def test_lease_passes_on_once_it_has_expired_and_the_fence_grows(store: Flask, business: int) -> None:
    assert take_lease(business, "first") == 1
    assert take_lease(business, "second", START + timedelta(seconds=89)) is None
    assert take_lease(business, "second", START + timedelta(seconds=90)) == 2


def test_released_lease_is_free_at_once(store: Flask, business: int) -> None:
    take_lease(business, "first")
    with write() as session:
        leases.release(session, business, "first", 1)

    assert take_lease(business, "second") == 2


def test_old_owner_can_neither_extend_nor_release_what_passed_on(store: Flask, business: int) -> None:
    take_lease(business, "first")
    later = START + timedelta(minutes=5)
    take_lease(business, "second", later)

    with write() as session:
        assert not leases.extend(session, business, "first", 1, later + timedelta(hours=1))
        leases.release(session, business, "first", 1)
    assert take_lease(business, "third", later) is None


def test_of_eight_claims_one_wins(store: Flask, business: int) -> None:
    fence = take_lease(business, "me")
    effect = planned_effect(business)

    won = at_once(store, lambda _number: claim(effect, business, "me", fence or 0))

    assert sorted(won) == [False] * 7 + [True]
    with read() as session:
        row = session.get_one(Effect, effect)
        assert (row.state, row.attempts, row.fence) == ("sending", 1, 1)


@pytest.mark.parametrize(
    ("owner", "fence", "after"),
    [("me", 2, 0), ("somebody", 1, 0), ("me", 1, 90)],
    ids=["stale fence", "other owner", "expired lease"],
)
def test_claim_without_the_lease_is_void(store: Flask, business: int, owner: str, fence: int, after: int) -> None:
    take_lease(business, "me")
    effect = planned_effect(business)

    assert not claim(effect, business, owner, fence, START + timedelta(seconds=after))


def test_outcome_is_recorded_only_under_the_fence_of_its_claim(store: Flask, business: int) -> None:
    take_lease(business, "me")
    effect = planned_effect(business)
    claim(effect, business, "me", 1)

    with closing(RowWriter()) as writer, writer as rows:
        assert not outbox.record(rows, effect, 2, Outcome(state="done", books_id="stale"))
        assert outbox.record(rows, effect, 1, Outcome(state="done", books_id="4711"))
        assert not outbox.record(rows, effect, 1, Outcome(state="refused"))
    with read() as session:
        row = session.get_one(Effect, effect)
        assert (row.state, row.books_id) == ("done", "4711")


def test_writer_takes_back_what_failed_and_writes_the_next(store: Flask, business: int) -> None:
    take_lease(business, "me")
    effect = planned_effect(business)

    def claim_and_fail(writer: RowWriter) -> None:
        with writer as rows:
            assert outbox.claim(rows, effect, business, "me", 1, START)
            raise ZeroDivisionError

    with closing(RowWriter()) as writer:
        with pytest.raises(ZeroDivisionError):
            claim_and_fail(writer)
        assert not in_transaction()
        with writer as rows, pytest.raises(RuntimeError, match="open already"), write():
            pass
        with writer as rows:
            assert outbox.claim(rows, effect, business, "me", 1, START)
    assert not claim(effect, business, "me", 1)


def test_same_document_cannot_be_planned_twice_for_one_organization(store: Flask, business: int) -> None:
    planned_effect(business)

    with pytest.raises(IntegrityError):
        planned_effect(business)
    planned_effect(business, target="zoho_books:2")
    planned_effect(business, action="create_expense")


def test_manual_sync_is_taken_once_an_hour_however_many_press(store: Flask, business: int) -> None:
    def press(now: Any) -> Callable[[int], bool]:
        def act(_number: int) -> bool:
            with write() as session:
                return businesses.take_manual_sync(session, business, now, now - timedelta(hours=1))

        return act

    assert sum(at_once(store, press(START))) == 1
    assert sum(at_once(store, press(START + timedelta(minutes=59)))) == 0
    assert sum(at_once(store, press(START + timedelta(minutes=60)))) == 1


def test_business_has_one_unfinished_run(store: Flask, business: int) -> None:
    def ask(_number: int) -> bool:
        try:
            with write() as session:
                session.add(Run(business_id=business, trigger="manual", requested_at=START, state="queued"))
        except IntegrityError:
            return False
        return True

    assert sum(at_once(store, ask)) == 1


def test_no_update_is_lost_between_reading_and_writing(store: Flask, business: int) -> None:
    def add_ten(_number: int) -> None:
        for _ in range(10):
            with write() as session:
                row = session.scalar(sa.select(Lease).where(Lease.business_id == business).with_for_update())
                assert row is not None
                row.fence += 1

    at_once(store, add_ten)

    with read() as session:
        assert session.get_one(Lease, business).fence == 10 * WORKERS


def test_transactions_are_never_nested(store: Flask) -> None:
    assert not in_transaction()
    with write():
        assert in_transaction()
        with pytest.raises(RuntimeError, match="open already"), read():
            pass
    assert not in_transaction()
