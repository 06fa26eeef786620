"""Sixty days in which nobody looks: two shops sell, things break and mend, and the whole timetable ticks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import requests

from app import wiring
from app.jobs.timetable import TIMETABLE
from app.services.outside import Outside
from app.services.syncing import clockwork, worker
from app.services.syncing.turns import Silence
from app.simulator.charge import PAID
from app.simulator.zoho_accounts import kill_all
from tests.mailbox import Mailbox, Received
from tests.shop import SIMULATOR_URL
from tests.sixty_days.branch import Branch

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUIET, WATCHFUL = 24 * HOUR, 10 * MINUTE


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of the year of the story."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


START, END = utc(9, 18, 12), utc(11, 17, 12)
REVOKED, RECONNECTED = utc(9, 24, 20), utc(9, 26, 2)
SPRING = utc(10, 3, 16)
"""Sydney's 02:00 becomes 03:00, which is just when its daily run is due."""
OUTAGE, OUTAGE_OVER = utc(10, 8, 9), utc(10, 10, 9)
NO_MAIL, MAIL_AGAIN = utc(10, 8, 10, 30), utc(10, 8, 12, 30)
USED_UP, NEXT_QUOTA = utc(10, 14, 0, 5), utc(10, 15)
OFF, ON_AGAIN = utc(10, 18, 6), utc(10, 21, 6)
SHORT_FLAPS = [utc(10, 24, 2, 30) + 4 * HOUR * number for number in range(36)]
AUTUMN = utc(11, 1, 6)
"""New York's 02:00 becomes 01:00 again, an hour after its daily run."""
LONG_FLAPS = [utc(11, 5) + (5 * HOUR + 40 * MINUTE) * number for number in range(4)]
SHORT, LONG = 20 * MINUTE, 160 * MINUTE

_WATCHED = (
    (START, START + 3 * HOUR, HOUR),
    (REVOKED, REVOKED + 80 * MINUTE, WATCHFUL), (REVOKED + DAY, REVOKED + DAY + 80 * MINUTE, 20 * MINUTE),
    (RECONNECTED, RECONNECTED + 20 * MINUTE, 5 * MINUTE),
    (SPRING - HOUR, SPRING + 90 * MINUTE, 30 * MINUTE),
    (OUTAGE, OUTAGE + 5 * HOUR, 20 * MINUTE), (OUTAGE + DAY, OUTAGE + DAY + 80 * MINUTE, 20 * MINUTE),
    (OUTAGE_OVER, OUTAGE_OVER + 3 * HOUR, 20 * MINUTE),
    (USED_UP, NEXT_QUOTA + 3 * HOUR, 3 * HOUR),
    (ON_AGAIN, ON_AGAIN + 3 * HOUR, 25 * MINUTE),
    *((at + SHORT // 2, at + 2 * SHORT, SHORT) for at in SHORT_FLAPS),
    (AUTUMN - 90 * MINUTE, AUTUMN + 90 * MINUTE, 30 * MINUTE),
    (LONG_FLAPS[0], LONG_FLAPS[-1] + LONG + 3 * HOUR, 20 * MINUTE),
    *((at, at + WATCHFUL, WATCHFUL) for at in (utc(11, 6, 13), utc(11, 6, 21))),
)  # fmt: skip
"""From when to when the ticks are how far apart; elsewhere nothing happens and they are `QUIET` apart."""

Act = Callable[[], object]


@dataclass
class Life:
    """The install, its two businesses and its mail server.

    `told` are the mails with the instant they arrived, `noticed` the outages in which at least one call was lost.
    """

    sydney: Branch
    new_york: Branch
    mailbox: Mailbox
    mail_options: dict[str, object]
    told: list[tuple[datetime, Received]] = field(default_factory=list)
    silence: Silence = field(default_factory=Silence)
    rng: random.Random = field(default_factory=lambda: random.Random(60))  # noqa: S311 - a story, not a secret
    ticks: int = 0
    is_off: bool = False
    cut: bool = False
    noticed: set[datetime] = field(default_factory=set)

    @property
    def both(self) -> tuple[Branch, Branch]:
        return self.sydney, self.new_york

    @property
    def outside(self) -> Outside:
        return self.sydney.outside

    @property
    def now(self) -> datetime:
        return self.sydney.clock.now()

    def live(self) -> None:
        """All sixty days. At each daily run that can go through, what was sold until then must be in the books."""
        acts = sorted([*self._happenings(), *self._trading()], key=lambda one: one[0])
        dailies = {at: branch for branch in self.both for _day, at in branch.dailies(START, END)}
        stops = sorted({*dailies, *self._ticks()})
        for stop in stops:
            while acts and acts[0][0] <= stop:
                at, act = acts.pop(0)
                self.sydney.clock.move_to(at)
                act()
            self.sydney.clock.move_to(stop)
            if self.is_off:
                continue
            self.tick()
            if stop in dailies and not self.is_troubled(dailies[stop]):
                dailies[stop].books_are_right()

    def tick(self) -> None:
        """Every job of the timetable once, in its order; one that fails ends the story."""
        had = len(self.mailbox.received)
        for job in TIMETABLE:
            if job.act is clockwork.run_due:
                clockwork.run_due(self.outside, self.silence)
            else:
                job.act(self.outside)
        worker.run_due(self.outside)  # it ticks each second: what the clockwork has asked for begins at once
        self.ticks += 1
        self.told += [(self.now, mail) for mail in self.mailbox.received[had:]]

    def story(self) -> str:
        """The mails that came, one a line."""
        return "\n".join(f"{at:%-d %b %H:%M} {mail.subject}" for at, mail in self.told)

    def is_troubled(self, branch: Branch) -> bool:
        """Whether nothing can be written to these books now."""
        revoked = branch is self.new_york and REVOKED <= self.now < RECONNECTED
        return revoked or self.cut or USED_UP <= self.now < NEXT_QUOTA

    def _ticks(self) -> Iterator[datetime]:
        for begin, end, step in ((START, END, QUIET), *_WATCHED):
            yield from (begin + step * number for number in range(1 + (end - begin) // step))

    # What happens to it.

    def _happenings(self) -> Iterator[tuple[datetime, Act]]:
        yield REVOKED, lambda: kill_all(self.new_york.simulator, self.new_york.zoho_user)
        yield RECONNECTED, self.new_york.connect_books
        for branch in self.both:
            yield USED_UP, branch.use_up_calls
        yield NO_MAIL, self.mailbox.down
        yield MAIL_AGAIN, lambda: self.mailbox.up(**self.mail_options)
        yield OFF, self._switch_off
        yield ON_AGAIN, self._switch_on
        outages = [(OUTAGE, OUTAGE_OVER), *((at, at + SHORT) for at in SHORT_FLAPS),
                   *((at, at + LONG) for at in LONG_FLAPS)]  # fmt: skip
        for begin, end in outages:
            yield begin + MINUTE, self._cut_zoho
            yield end + MINUTE, self._mend_zoho

    def _cut_zoho(self) -> None:
        """No request reaches Zoho any more, neither its books nor its accounts."""

        began = self.now

        def lost(_method: str, path: str) -> None:
            if "/zohoapis/" in path or "/accounts/" in path:
                self.noticed.add(began)
                raise requests.ConnectionError("no route")

        self.sydney.line.before, self.cut = lost, True

    def _mend_zoho(self) -> None:
        self.sydney.line.before, self.cut = None, False

    def _switch_off(self) -> None:
        self.is_off = True

    def _switch_on(self) -> None:
        """A new process, which knows only what the tables say."""
        line = self.sydney.line
        outside = wiring.build(
            self.sydney.app.extensions["config"], self.sydney.clock,
            {"https://": line, "http://": line, SIMULATOR_URL: line},
        )  # fmt: skip
        self.sydney.app.extensions["outside"] = outside
        for branch in self.both:
            branch.outside = outside
        self.silence, self.is_off = Silence(), False

    # What buyers do.

    def _trading(self) -> Iterator[tuple[datetime, Act]]:
        for number in range((END - START).days):
            for branch in self.both:
                for _sale in range(self.rng.randint(1, 2)):
                    yield self._some_time(number), partial(self._sell, branch)
                if self.rng.random() < 0.25:
                    yield self._some_time(number), partial(self._refund, branch)

    def _some_time(self, number: int) -> datetime:
        return START + number * DAY + timedelta(seconds=self.rng.randrange(24 * 60) * 60 + 7)

    def _sell(self, branch: Branch) -> None:
        amount = Decimal(self.rng.randrange(120, 24_000)) / 100
        branch.world.add_charge(branch.place.account, amount=amount)

    def _refund(self, branch: Branch) -> None:
        rows = [row for row in branch.world.charges(branch.place.account) if self._may_refund(row)]
        if rows:
            row = self.rng.choice(rows)
            branch.world.refund(row["id"], self.rng.choice((None, Decimal("0.37"))))

    def _may_refund(self, row: dict[str, object]) -> bool:
        return row["status"] in PAID and Decimal(str(row["amount"])) - Decimal(str(row["refunded_amount"])) > 1
