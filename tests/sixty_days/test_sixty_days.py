"""Sixty days unattended: right books, exactly the mails they call for, one daily run a date, and no secret anywhere."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import AuthResult

from app import logs
from app.clock import ManualClock
from app.services.people import people
from app.simulator.zoho_accounts.tokens import ACCESS_TOKENS, CODES, REFRESH_TOKENS
from app.simulator.zoho_books.organizations import create_user
from app.store.db import read
from app.store.incidents import Incident
from app.store.mails import Mail
from app.store.runs import Run
from tests.conftest import KEY, PASSWORD, without_waiting_for_the_disk
from tests.mailbox import Mailbox, open_mailbox
from tests.shop import open_shop
from tests.sixty_days.branch import NEW_YORK, SYDNEY, Branch, branch_of
from tests.sixty_days.expected_mails import MAILS
from tests.sixty_days.life import END, LONG_FLAPS, OFF, ON_AGAIN, SHORT_FLAPS, START, Life

MAIL_PASSWORD = "smtp-password-41c7e0"
INSTALL_KEY = "session-key-of-this-install-88d2"


def _accept(*_given: object) -> AuthResult:
    return AuthResult(success=True)


MAIL_OPTIONS: dict[str, object] = {"authenticator": _accept, "auth_require_tls": False}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the server's own log isn't ours
    with open_mailbox(**MAIL_OPTIONS) as opened:
        yield opened


@pytest.fixture
def life(database: Path, mailbox: Mailbox) -> Iterator[Life]:
    """Two businesses with everything connected and sync just enabled."""
    smtp = mailbox.url.replace("smtp://", f"smtp://tieout:{MAIL_PASSWORD}@")
    with open_shop(database, ManualClock(START), smtp_url=smtp, mail_from="tieout@example.com", log_level="DEBUG",
                   secret_key=INSTALL_KEY) as shop:  # fmt: skip
        without_waiting_for_the_disk()
        shop.user = people.create_user(shop.clock, "owner@example.com", PASSWORD, "owner", "").id
        other = create_user(shop.simulator, "owner@harbour.example", "Harbour's owner")
        sydney = branch_of(shop, SYDNEY, shop.keys["zoho"]["user_id"])
        lived = Life(sydney, branch_of(shop, NEW_YORK, other), mailbox, MAIL_OPTIONS)
        for branch in lived.both:
            branch.begin()
        yield lived
        assert [branch.truth()["violations"] for branch in lived.both] == [[], []]
    logs.configure("INFO")


def test_sixty_days_without_anybody(life: Life, capsys: pytest.CaptureFixture[str], subtests: pytest.Subtests) -> None:
    life.live()
    logged = capsys.readouterr().err
    with subtests.test("books were held against the second bookkeeper on every day without trouble"):
        books_were_right_often_enough(life)
    with subtests.test("mails are exactly those expected, in order and in time"):
        mails_are_those_expected(life)
    with subtests.test("no mail is sent twice"):
        assert [name for name, count in Counter(str(mail.message["Message-ID"]) for _at, mail in life.told).items()
                if count > 1] == []  # fmt: skip
    with subtests.test("each incident has one opening mail"):
        openings_are_incidents()
    with subtests.test("each local date has one finished daily run"):
        for branch in life.both:
            daily_runs_are_one_a_date(branch)
    with subtests.test("being off is one line a business"):
        for branch in life.both:
            being_off_is_one_line(branch)
    with subtests.test("no secret is in any mail or line of the log"):
        assert "mail not delivered" in logged
        for told in (life.mailbox.everything, logged):
            assert secrets_in(life, told) == []


def books_were_right_often_enough(life: Life) -> None:
    for branch in life.both:
        assert len(branch.checked) >= 50
        assert branch.checked[-1] == branch.dailies(START, END)[-1][0]
        assert len(branch.books.documents) > 60


def mails_are_those_expected(life: Life) -> None:
    assert len(life.noticed) == 1 + len(SHORT_FLAPS) + len(LONG_FLAPS), "an outage that nobody met proves nothing"
    assert [mail.subject for _at, mail in life.told] == [one.subject for one in MAILS], life.story()
    late = [(at, one) for (at, _mail), one in zip(life.told, MAILS, strict=True) if not one.first <= at <= one.last]
    assert late == []
    assert {mail.recipient for _at, mail in life.told} == {"owner@example.com"}


def openings_are_incidents() -> None:
    with read() as session:
        incidents = session.scalars(sa.select(Incident).where(Incident.business_id.is_not(None))).all()
        openings = session.scalars(
            sa.select(Mail.incident_id).where(Mail.kind == "opening", Mail.state == "sent")
        ).all()
        own = session.scalars(sa.select(Incident).where(Incident.business_id.is_(None))).all()
        assert sorted(openings, key=str) == sorted((one.id for one in incidents), key=str)
        assert all(one.healed_at for one in (*incidents, *own))
        assert [one.side for one in own] == ["mail"]


def daily_runs_are_one_a_date(branch: Branch) -> None:
    """Those of the days off are made up for by the first one afterwards, which is that of its own date."""
    with read() as session:
        rows = session.scalars(sa.select(Run).where(Run.business_id == branch.business, Run.trigger == "daily")).all()
        found = [row.requested_at.astimezone(branch.zone).date() for row in rows]
        assert {(row.state, row.outcome == "interrupted") for row in rows} == {("ended", False)}
    caught_up = ON_AGAIN.astimezone(branch.zone).date()
    due = {day if not OFF < at < ON_AGAIN else caught_up for day, at in branch.dailies(START, END)}
    assert sorted(found) == sorted(due)


def being_off_is_one_line(branch: Branch) -> None:
    with read() as session:
        notes = session.scalars(
            sa.select(Run.note).where(Run.business_id == branch.business, Run.note.is_not(None))
        ).all()
    assert [note for note in notes if note] == [note for note in notes if note and "3 daily syncs" in note]
    assert len([note for note in notes if note]) == 1


def secrets_in(life: Life, told: str) -> list[str]:
    """Everything in a text that opens something, as the platforms and the install know it."""
    state, keys = life.sydney.simulator.state, life.sydney.keys
    issued = {row["id"] for name in (CODES, ACCESS_TOKENS, REFRESH_TOKENS) for row in state.all(name)}
    assert len(issued) > 10
    assert all(token.startswith("1000.") for token in issued)
    salts = [branch.salt for branch in life.both]
    fixed = [*keys["hitpay"].values(), keys["zoho"]["client_secret"], *salts, MAIL_PASSWORD, INSTALL_KEY, KEY, PASSWORD]
    return [*(one for one in fixed if one in told), *(issued & set(re.findall(r"1000\.[\w.-]+", told)))]


assert timedelta(days=60) == END - START
