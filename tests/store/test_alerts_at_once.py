"""Of many processes that notice, remind and send at once one does it, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.clock import ManualClock
from app.domain.letters import Letter
from app.ports import NotConnected
from app.services.alerts import mailing, noting, reminding
from app.services.outside import Outside
from app.store import health
from app.store.alerting import AlertRecipient
from app.store.businesses import Business
from app.store.connections import Connection
from app.store.db import read, write
from app.store.incidents import Incident
from app.store.mails import Mail
from app.store.runs import Run
from app.store.settings import SyncWindow
from tests.conftest import START, outside_of
from tests.store.test_claims import at_once

HOUR = timedelta(hours=1)


class Taking:
    """A mail server that takes everything and writes it down."""

    configured = True
    domain = "example.com"

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    def send(self, recipient: str, _message_id: str, letter: Letter) -> str:
        self.taken.append((recipient, letter.subject))
        return "250 taken"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def mailer() -> Taking:
    return Taking()


@pytest.fixture
def world(clock: ManualClock, mailer: Taking) -> Outside:
    return outside_of(clock, mailer=mailer)


@pytest.fixture
def business(store: Flask) -> int:
    """A business that synced an hour ago and tells two people."""
    with write() as session:
        row = Business(name="Kopi House", slug="kopi-house", provider="hitpay", time_zone="UTC", created_at=START)
        session.add(row)
        session.flush()
        shared = {"business_id": row.id, "status": "connected", "since": START, "place": "us", "secret": "key"}
        session.add(Connection(**shared, side="provider", kind="hitpay"))
        session.add(Connection(**shared, side="books", kind="zoho_books", account_id="1"))
        session.add(SyncWindow(business_id=row.id, opened_at=START - HOUR))
        session.add(
            Run(business_id=row.id, trigger="daily", requested_at=START, ended_at=START, state="ended", outcome="fine",
                step="")
        )  # fmt: skip
        session.add_all(AlertRecipient(business_id=row.id, email=f"{one}@example.com") for one in "ab")
        return row.id


def rows(kind: type[Incident] | type[Mail]) -> int:
    with read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0


def refused(world: Outside, business: int) -> str:
    noting.failed(world, business, "books", NotConnected("Zoho doesn't accept the stored login any more."))
    return ""


def test_what_eight_notice_at_once_is_one_incident_with_one_mail_a_person(
    store: Flask, business: int, world: Outside, clock: ManualClock, mailer: Taking
) -> None:
    at_once(store, lambda _number: refused(world, business))
    assert rows(Incident) == 0, "refused once, however many saw it"
    clock.advance(timedelta(minutes=2))
    at_once(store, lambda _number: refused(world, business))
    assert (rows(Incident), rows(Mail)) == (1, 2)
    clock.advance(timedelta(minutes=1))
    at_once(store, lambda _number: str(mailing.send_due(world)))
    said = "Kopi House: sign in to Zoho Books again"
    assert sorted(mailer.taken) == [("a@example.com", said), ("b@example.com", said)]


def test_reminder_is_queued_once_by_eight(
    store: Flask, business: int, world: Outside, clock: ManualClock, mailer: Taking
) -> None:
    refused(world, business)
    clock.advance(timedelta(minutes=2))
    refused(world, business)
    clock.advance(timedelta(hours=25))

    def remind(_number: int) -> str:
        reminding.run_due(world)
        return ""

    at_once(store, remind)
    with read() as session:
        kinds = sorted(session.scalars(sa.select(Mail.kind)))
    assert kinds == ["opening", "opening", "reminder", "reminder"]


def test_one_incident_of_a_kind_is_open_at_a_side(store: Flask, business: int) -> None:
    def made(owner: int | None) -> Incident:
        return Incident(business_id=owner, side="books", cause="reconnect", cause_group="auth", opened_at=START,
                        began_at=START)  # fmt: skip

    for owner in (business, None):
        with write() as session:
            session.add(made(owner))
        with pytest.raises(IntegrityError), write() as session:
            session.add(made(owner))
        with write() as session:
            session.execute(sa.update(Incident).values(healed_at=START))
        with write() as session:
            session.add(made(owner))


def test_health_row_is_made_once(store: Flask, business: int) -> None:
    def make(_number: int) -> str:
        with write() as session:
            return health.ensure(session, business, "books", START).state

    assert set(at_once(store, make)) == {"ok"}
