"""A business that syncs, with a real mail server beside it and the clockwork ticked by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from app.clock import ManualClock
from app.jobs.timetable import TIMETABLE
from app.ports import Temporary
from app.services.alerts import incidents, mailing, noting, reminding
from app.simulator.zoho_accounts import kill_all
from app.store.db import write
from tests.conftest import without_waiting_for_the_disk
from tests.mailbox import Mailbox, open_mailbox
from tests.shop import ACCOUNT, Shop, open_shop

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass
class Watched:
    """A shop with its mail server; `pass_time` lets the whole timetable tick."""

    shop: Shop
    mailbox: Mailbox

    def pass_time(self, span: timedelta, step: timedelta = MINUTE, *, without: tuple[str, ...] = ()) -> None:
        """Let every job of the timetable tick each `step`, but those named in `without`."""
        end = self.shop.clock.now() + span
        while self.shop.clock.now() < end:
            self.shop.clock.advance(min(step, end - self.shop.clock.now()))
            self.tick(without)

    def tick(self, without: tuple[str, ...] = ()) -> None:
        for job in TIMETABLE:
            if job.name not in without:
                job.act(self.shop.outside)

    def until_mail(
        self, most: timedelta, step: timedelta = timedelta(seconds=20), **options: tuple[str, ...]
    ) -> timedelta:
        """How long it takes until one more mail is there; fails after `most`."""
        began, had = self.shop.clock.now(), len(self.mailbox.received)
        while len(self.mailbox.received) == had:
            assert self.shop.clock.now() - began <= most, "no mail came"
            self.pass_time(step, step, **options)
        return self.shop.clock.now() - began

    def sale(self, **values: str) -> None:
        self.shop.clock.advance(MINUTE)
        self.shop.world.add_charge(ACCOUNT, **values)

    def revoke(self) -> None:
        """Zoho forgets every login of its user."""
        kill_all(self.shop.simulator, self.shop.keys["zoho"]["user_id"])

    def reconnect(self) -> None:
        self.shop.finish(self.shop.decide(self.shop.consent_url()))

    def zoho_down(self) -> None:
        """No request reaches Zoho Books any more."""

        def lost(_method: str, path: str) -> None:
            if "/zohoapis/" in path or "/accounts/" in path:
                raise requests.ConnectionError("no route")

        self.shop.line.before = lost

    def zoho_up(self) -> None:
        self.shop.line.before = None

    def fail_books(self, *minutes: int) -> None:
        """Zoho Books didn't answer, so many minutes after now each."""
        began = self.now
        for minute in minutes:
            self.shop.clock.move_to(began + minute * MINUTE)
            noting.failed(self.shop.outside, self.shop.business, "books", Temporary("Zoho Books did not answer."))

    def good_runs(self, count: int = 2) -> None:
        """Zoho Books answers, and so many syncs go well."""
        noting.working(self.shop.outside, self.shop.business, "books")
        for _run in range(count):
            with write() as session:
                incidents.good_run(session, self.shop.outside, self.shop.business)

    def mail_jobs(self, span: timedelta = timedelta(minutes=10)) -> None:
        """Only what queues and sends mails ticks, `span` later."""
        self.shop.clock.advance(span)
        reminding.run_due(self.shop.outside)
        mailing.send_due(self.shop.outside)

    @property
    def subjects(self) -> list[str]:
        return self.mailbox.subjects

    @property
    def now(self) -> datetime:
        return self.shop.clock.now()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture
def watched(
    database: Path, clock: ManualClock, mailbox: Mailbox, record_property: Callable[[str, object], None]
) -> Iterator[Watched]:
    """One business whose first sync went through, at 12:10 in Singapore."""
    with open_shop(database, clock, smtp_url=mailbox.url, mail_from="tieout@example.com") as shop:
        without_waiting_for_the_disk()
        shop.set_up()
        shop.clock.advance(timedelta(minutes=5))
        shop.world.add_charge(ACCOUNT)
        shop.clock.advance(timedelta(minutes=5))
        assert shop.sync().outcome == "fine"
        yield Watched(shop, mailbox)
        truth = shop.truth()
        record_property("requests_validated", truth["validated"])
        assert truth["violations"] == []
