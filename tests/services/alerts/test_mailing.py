"""The mail outbox: down, busy, strict and dying mail servers, and who is written to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.ports import NotConnected, Temporary
from app.services import crash
from app.services.alerts import alerts, mailing, noting
from app.services.refusals import Refusal
from app.services.showing import measures
from app.store.businesses import Business
from app.store.db import write
from tests.services.alerts.conftest import HOUR, MINUTE, Watched

DOWN = "Lumen Home Goods: Zoho Books can't be reached"
OUTAGE = (0, 1, 6, 21, 130)


class Killed(BaseException):
    """A process that is gone."""


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    crash.disarm()


def trouble(watched: Watched) -> None:
    """An outage whose mail is queued and due."""
    watched.fail_books(*OUTAGE)
    watched.shop.clock.advance(6 * MINUTE)


def key_trouble(watched: Watched) -> None:
    """Something quite different goes wrong at the other side."""
    for _try in range(2):
        noting.failed(watched.shop.outside, watched.shop.business, "provider", _refused())
        watched.shop.clock.advance(MINUTE)


def _refused() -> NotConnected:
    return NotConnected("HitPay doesn't accept the API key.")


def test_two_hours_without_mail_server_are_quiet_and_end_in_one_summary(watched: Watched) -> None:
    watched.mailbox.down()
    trouble(watched)
    key_trouble(watched)
    for _tick in range(24):
        watched.mail_jobs(5 * MINUTE)
    assert watched.subjects == []
    assert alerts.mail_trouble() == "The mail server could not be reached."
    assert measures.measure(watched.shop.outside).mail_server_down == 1
    watched.mailbox.up()
    for _tick in range(40):
        watched.mail_jobs(5 * MINUTE)
    assert watched.subjects == ["2 messages that couldn't be sent in time"]
    assert DOWN in watched.mailbox.received[0].text
    assert "enter the HitPay API key again" in watched.mailbox.received[0].text
    assert alerts.mail_trouble() == ""
    assert {mail.state for mail in alerts.view(watched.shop.outside, watched.shop.business).mails} == {"sent"}


def test_single_late_mail_goes_out_as_itself(watched: Watched) -> None:
    watched.mailbox.down()
    trouble(watched)
    for _tick in range(6):
        watched.mail_jobs(20 * MINUTE)
    watched.mailbox.up()
    for _tick in range(9):
        watched.mail_jobs(20 * MINUTE)
    assert watched.subjects == [DOWN]


def test_busy_server_gets_it_later_under_the_same_message_id(watched: Watched) -> None:
    trouble(watched)
    watched.mailbox.answer = "451 4.7.1 greylisted"
    assert mailing.send_due(watched.shop.outside) == 0
    watched.mailbox.answer = ""
    assert mailing.send_due(watched.shop.outside) == 0, "not before a minute is over"
    watched.shop.clock.advance(MINUTE)
    assert mailing.send_due(watched.shop.outside) == 1
    assert watched.subjects == [DOWN]
    assert watched.mailbox.tried == 2


def test_recipient_that_is_refused_for_good_is_given_up_and_others_get_it(watched: Watched) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    alerts.save(outside, business, "gone@example.com\nhere@example.com", "", digest=True)
    watched.mailbox.refused = {"gone@example.com"}
    trouble(watched)
    for _tick in range(10):
        watched.mail_jobs()
    assert [mail.recipient for mail in watched.mailbox.received] == ["here@example.com"]
    states = {mail.recipient: (mail.state, mail.answer) for mail in alerts.view(outside, business).mails}
    assert states["gone@example.com"] == ("failed", "The mail server refuses this mail. 550 no such mailbox")
    assert states["here@example.com"][0] == "sent"
    assert measures.measure(outside).outbox_failed == 1


@pytest.mark.parametrize(("point", "arrived"), [("mail_claimed", 1), ("mail_sent", 2)])
def test_crash_while_sending_sends_once_more_under_the_same_message_id(
    watched: Watched, point: str, arrived: int
) -> None:
    trouble(watched)

    def die(at: str, _detail: str) -> None:
        if at == point:
            crash.disarm()
            raise Killed

    crash.arm(die)
    with pytest.raises(Killed):
        mailing.send_due(watched.shop.outside)
    watched.mail_jobs(MINUTE)
    assert len(watched.subjects) == arrived - 1, "its sender may still be at it"
    for _tick in range(10):
        watched.mail_jobs()
    assert watched.subjects == [DOWN] * arrived
    assert len({mail.message["Message-ID"] for mail in watched.mailbox.received}) == 1
    assert len({mail.text for mail in watched.mailbox.received}) == 1


def test_mail_that_crashes_twice_is_given_up(watched: Watched) -> None:
    trouble(watched)

    def die(at: str, _detail: str) -> None:
        if at == "mail_sent":
            raise Killed

    crash.arm(die)
    for _crash in range(2):
        with pytest.raises(Killed):
            mailing.send_due(watched.shop.outside)
        watched.shop.clock.advance(5 * MINUTE)
    crash.disarm()
    for _tick in range(5):
        watched.mail_jobs()
    assert watched.subjects == [DOWN] * 2
    assert measures.measure(watched.shop.outside).outbox_failed == 1


def test_at_most_ten_mails_an_hour_go_out(watched: Watched) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    alerts.save(outside, business, "\n".join(f"person{one}@example.com" for one in range(10)), "", digest=True)
    trouble(watched)
    key_trouble(watched)
    watched.shop.clock.advance(MINUTE)
    mailing.send_due(outside)
    assert len(watched.subjects) == 10
    for _tick in range(14):
        watched.mail_jobs(5 * MINUTE)
    assert len(watched.subjects) == 20


def test_owners_are_told_unless_others_were_entered(watched: Watched) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    assert alerts.view(outside, business).recipients == ["owner@example.com"]
    alerts.save(outside, business, "A@example.com, b@example.com", "", digest=True)
    assert alerts.view(outside, business).recipients == ["a@example.com", "b@example.com"]
    alerts.save(outside, business, "\n", "", digest=True)
    assert alerts.view(outside, business).recipients == ["owner@example.com"]


@pytest.mark.parametrize(
    "given",
    [
        "nobody",
        "a@example.com\r\nBcc: all@example.com",
        "a@example.com Bcc: b@example.com",
        "<a@example.com>",
        "ü@example.com",
    ],
)
def test_what_is_no_address_is_refused_and_nothing_stored(watched: Watched, given: str) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    with pytest.raises(Refusal) as refused:
        alerts.save(outside, business, given, "", digest=False)
    assert "recipients" in refused.value.problems
    view = alerts.view(outside, business)
    assert (view.entered, view.digest) == ([], True)


def test_test_mail_comes_at_once_and_not_twice_a_minute(watched: Watched) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    alerts.send_test(outside, business, "owner@example.com")
    with pytest.raises(Refusal, match="within the last minute"):
        alerts.send_test(outside, business, "owner@example.com")
    mailing.send_due(outside)
    assert watched.subjects == ["Lumen Home Goods: this is a test"]


def test_line_break_in_a_name_reaches_no_header(watched: Watched) -> None:
    with write() as session:
        session.get_one(Business, watched.shop.business).name = "Lumen\r\nBcc: all@example.com\r\n\r\nHello"
    trouble(watched)
    mailing.send_due(watched.shop.outside)
    (mail,) = watched.mailbox.received
    assert mail.message["Bcc"] is None
    assert mail.subject == "Lumen Bcc: all@example.com Hello: Zoho Books can't be reached"


def test_state_incident_and_mail_are_written_together_or_not_at_all(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = watched.shop.hashes("health", "incidents", "incident_events", "mails")

    def fail(*_given: object) -> None:
        raise RuntimeError("the disk is full")

    watched.fail_books(0, 1, 6, 21)
    states = watched.shop.hashes("health")
    watched.shop.clock.advance(2 * HOUR)
    monkeypatch.setattr("app.services.alerts.queueing.queue", fail)
    with pytest.raises(RuntimeError):
        noting.failed(watched.shop.outside, watched.shop.business, "books", Temporary("Zoho Books did not answer."))
    assert watched.shop.hashes("health") == states
    after = watched.shop.hashes("incidents", "incident_events", "mails")
    assert after == {name: before[name] for name in after}
