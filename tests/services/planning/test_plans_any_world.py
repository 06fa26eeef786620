"""What holds of stored plans in every world: read, taken in, planned and committed as a run does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from app import create_app
from app.clock import ManualClock
from app.domain.charges import Refund
from app.domain.documents import Document
from app.providers.hitpay.translate import charge_from
from app.services.business import businesses
from app.services.outside import Outside
from app.services.people import people
from app.services.planning import outbox, plans, refunds
from app.services.planning.ingest import ingest
from app.services.syncing import runs
from app.services.writing import lease
from app.store.connections import Connection
from app.store.db import db, read, write
from app.store.movements import Movement
from app.store.outbox import Effect
from app.store.settings import SettingsVersion, SyncWindow
from tests.any_world import SLOW, AnyWorld, Reading, any_worlds
from tests.conftest import PASSWORD, START, config_for, outside_of, without_waiting_for_the_disk
from tests.domain.planned import ACCOUNTS, described, moved, refund_of, rules_of
from tests.expected_books import Doc, ExpectedBooks

_document = msgspec.json.Decoder(Document)
_numbers = count(1)
LISTED = ("succeeded", "refunded", "partially_refunded", "succeeded_manually", "void")


@pytest.fixture
def user(database: Path) -> Iterator[int]:
    """An empty install, and somebody in it."""
    clock = ManualClock(START)
    with create_app(config_for(database), outside_of(clock)).app_context():
        without_waiting_for_the_disk()
        yield people.create_user(clock, "owner@example.com", PASSWORD, "owner", "").id
        db.engine.dispose()


@dataclass
class Told:
    """A provider and books that say what a reading says."""

    reading: Reading

    def refunds(self, charge_id: str) -> list[Refund]:
        return [refund_of(row) for row in self.reading.refunds if row["payment_id"] == charge_id]

    def lock_date(self) -> date | None:
        return self.reading.locked_until


@dataclass
class Business:
    """A business of its own for one world."""

    world: AnyWorld
    outside: Outside
    id: int = 0
    seen: int = 0

    @property
    def target(self) -> str:
        return f"zoho_books:{self.id}"

    def open(self, user: int) -> None:
        self.id = businesses.create(self.outside, f"Shop {next(_numbers)}", self.world.zone.key, user).id
        with write() as session:
            row = Connection(business_id=self.id, side="books", kind="zoho_books", place="us", status="connected")
            row.since, row.account_id, row.currency = self.outside.clock.now(), str(self.id), "SGD"
            session.add(row)

    def decide(self, reading: Reading) -> None:
        """What a person had chosen until this reading."""
        with write() as session:
            for table in (SettingsVersion, SyncWindow):
                session.execute(sa.delete(table).where(table.business_id == self.id))
            for one in reading.decided:
                rules = msgspec.to_builtins(rules_of(one))
                session.add(SettingsVersion(business_id=self.id, organization_id=str(self.id), valid_from=one.at,
                                            rules=rules))  # fmt: skip
                session.flush()
            for start, end in reading.periods:
                session.add(SyncWindow(business_id=self.id, opened_at=start, closed_at=end))

    def run(self, reading: Reading) -> int:
        """Take in and plan; how many effects a second commit of the same plan adds."""
        facts = plans.facts_of(self.outside, self.id)
        charges = [charge_from(row) for row in reading.charges]
        ingest(self.id, charges, self.world.zone, reading.now, reading.now)
        told = Told(reading)
        refunds.read_details(self.id, told, facts)  # type: ignore[arg-type]  # nothing else of a provider is asked
        given_now, facts = plans.candidates(self.id), plans.facts_of(self.outside, self.id)
        made = plans.make(given_now, facts, told)
        held, run = lease.take(self.outside, self.id), runs.request(self.outside, self.id, "command")
        assert held is not None
        outbox.commit_plan(held, run, self.target, made, given_now.rows, reading.now)
        plain = msgspec.structs.replace(made, sets=tuple(one for one in made.sets if not one.corrects))
        again = outbox.commit_plan(held, run, self.target, plain, given_now.rows, reading.now)
        held.release()
        return again

    def new_documents(self) -> list[Document]:
        with read() as session:
            rows = session.execute(
                sa.select(Effect.id, Effect.payload).where(Effect.business_id == self.id, Effect.id > self.seen)
            ).all()
        self.seen = max((row for row, _payload in rows), default=self.seen)
        return [_document.decode(msgspec.json.encode(payload)) for _row, payload in rows]

    def undecided(self) -> int:
        with read() as session:
            wanted = sa.select(sa.func.count()).where(Movement.business_id == self.id, Movement.decision.is_(None))
            return session.scalar(wanted) or 0

    def movements(self, kind: str) -> int:
        with read() as session:
            wanted = sa.select(sa.func.count()).where(Movement.business_id == self.id, Movement.kind == kind)
            return session.scalar(wanted) or 0


@given(world=any_worlds())
@settings(SLOW, max_examples=100)
def test_stored_plans_of_any_world_are_what_a_second_bookkeeper_expects(user: int, world: AnyWorld) -> None:
    clock = ManualClock(world.readings[0].periods[0][0])
    business = Business(world, outside_of(clock))
    business.open(user)
    books = ExpectedBooks(world.zone, ACCOUNTS)
    for reading in world.readings:
        clock.move_to(reading.now)
        business.decide(reading)
        books.grouping, books.locked_until = reading.decided[-1].grouping, reading.locked_until
        books.channels, books.periods = [(one.at, one.channels) for one in reading.decided], reading.periods
        due: list[Doc] = books.run(reading.charges, reading.refunds, reading.now)
        again = business.run(reading)
        documents = business.new_documents()

        assert Counter(map(described, documents)) == Counter(due)
        assert {key: money for document in documents for key, money in moved(document)} == {
            key: books.clearing[key] for key in ((one.kind, one.reference) for one in due) if key in books.clearing
        }
        assert again == 0
        assert business.undecided() == 0
        assert business.movements("charge") == sum(row["status"] in LISTED for row in reading.charges)
        assert business.movements("refund") == len(reading.refunds)
