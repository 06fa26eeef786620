"""Outages: told late and once, though they flap; several at once are one mail; and what a digest tells."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.services.alerts import alerts, noting, watchdog
from app.services.syncing import runs
from app.simulator.zoho_books import people as bookkeeper
from app.store.db import read, write
from app.store.incidents import Incident
from app.store.outbox import Effect
from tests.services.alerts.conftest import HOUR, MINUTE, Watched

DOWN = "Lumen Home Goods: Zoho Books can't be reached"
WORKS = "Lumen Home Goods: Zoho Books works again"
OUTAGE = (0, 1, 6, 21, 130)


def count_of_incidents() -> int:
    with read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Incident)) or 0


def test_two_day_outage_is_one_opening_its_reminders_and_one_recovery(watched: Watched) -> None:
    watched.zoho_down()
    watched.pass_time(timedelta(days=2), HOUR)
    watched.zoho_up()
    watched.pass_time(6 * HOUR, HOUR)
    assert watched.subjects == [DOWN, f"{DOWN} (open for 24 hours)", WORKS]
    assert count_of_incidents() == 1
    assert "There is nothing you must do" in watched.mailbox.received[0].text


def test_forty_short_flaps_are_no_incident(watched: Watched) -> None:
    for _flap in range(40):
        watched.fail_books(0, 1, 6)
        watched.good_runs(1)
        watched.mail_jobs(HOUR)
    assert watched.subjects == []
    assert count_of_incidents() == 0


def test_forty_outages_in_a_row_are_one_incident_and_three_mails_besides_digests(watched: Watched) -> None:
    for _flap in range(40):
        watched.fail_books(*OUTAGE)
        watched.mail_jobs()
        watched.good_runs()
        watched.mail_jobs()
    assert count_of_incidents() == 1
    loud = [one for one in watched.subjects if "what came and went" not in one]
    assert loud == [DOWN, WORKS, "Lumen Home Goods: Zoho Books comes and goes"]
    digests = [one for one in watched.subjects if "what came and went" in one]
    assert 0 < len(digests) <= 5, "at most one a day"


def test_what_healed_before_its_mail_went_out_is_a_line_in_the_digest(watched: Watched) -> None:
    watched.mailbox.answer = "451 later"
    watched.fail_books(*OUTAGE)
    watched.mail_jobs()
    watched.good_runs()
    watched.mailbox.answer = ""
    watched.mail_jobs(timedelta(hours=20))
    assert watched.subjects == ["Lumen Home Goods: what came and went"]
    assert "It happened and healed before a mail about it went out." in watched.mailbox.received[0].text
    watched.mail_jobs(timedelta(days=1))
    assert len(watched.subjects) == 1, "a line is told once"


def test_dead_login_hides_the_outage_that_it_explains(watched: Watched) -> None:
    watched.fail_books(*OUTAGE)
    watched.mail_jobs()
    watched.revoke()
    watched.pass_time(2 * HOUR, 20 * MINUTE)
    assert watched.subjects == [DOWN, "Lumen Home Goods: sign in to Zoho Books again"]
    (standing,) = alerts.view(watched.shop.outside, watched.shop.business).open
    assert standing.title == "Zoho Books asks you to sign in again"


def test_several_businesses_of_one_trouble_are_one_mail(watched: Watched) -> None:
    """The second business is only pretended to be connected: its rows are the first one's."""
    with write() as session:
        first = watched.shop.business
        session.execute(
            sa.text(
                "INSERT INTO businesses (slug, name, provider, time_zone, created_at) "
                "SELECT 'second', 'Second', provider, time_zone, created_at FROM businesses"
            )
        )
        for table in ("connections", "sync_windows", "memberships", "runs"):
            columns = [row[1] for row in session.execute(sa.text(f"PRAGMA table_info({table})")) if row[1] != "id"]
            picked = ["2" if one == "business_id" else "NULL" if one == "tie" else f'"{one}"' for one in columns]
            names = ", ".join(f'"{one}"' for one in columns)
            session.execute(
                sa.text(f"INSERT INTO {table} ({names}) SELECT {', '.join(picked)} FROM {table} WHERE business_id = 1")  # noqa: S608
            )
    watched.fail_books(0, 1, 6, 21)
    watched.shop.business = 2
    watched.fail_books(0, 1, 6, 21)
    watched.fail_books(110)
    watched.shop.business = first
    watched.fail_books(0)
    assert count_of_incidents() == 2
    watched.mail_jobs()
    assert watched.subjects == ["2 businesses: Zoho Books can't be reached"]
    assert "Lumen Home Goods" in watched.mailbox.received[0].text
    assert "Second" in watched.mailbox.received[0].text
    watched.mail_jobs(HOUR)
    assert len(watched.subjects) == 1


def test_first_trouble_of_a_new_business_is_no_incident(watched: Watched) -> None:
    with write() as session:
        session.execute(sa.text("DELETE FROM attempts"))
        session.execute(sa.text("UPDATE runs SET outcome = 'failed'"))
    watched.revoke()
    watched.pass_time(5 * HOUR, HOUR)
    assert watched.subjects == []


def test_held_records_are_told_in_the_morning_and_again_after_a_week(watched: Watched) -> None:
    with write() as session:
        session.execute(
            sa.update(Effect).where(Effect.action == "create_expense").values(state="held", held_by="locked")
        )
    for _hour in range(24 * 9 // 6):
        watched.mail_jobs(6 * HOUR)
    assert watched.subjects == ["Lumen Home Goods: 1 record needs you"] * 2
    first, second = watched.mailbox.received
    assert "records" in first.text
    assert first.message["Message-ID"] != second.message["Message-ID"]


def test_digest_that_is_off_isn_t_sent(watched: Watched) -> None:
    alerts.save(watched.shop.outside, watched.shop.business, "", "", digest=False)
    with write() as session:
        session.execute(sa.update(Effect).where(Effect.action == "create_expense").values(state="held"))
    watched.mail_jobs(timedelta(days=1))
    assert watched.subjects == []


def test_double_in_the_books_is_told_at_once_and_is_over_when_it_is_gone(watched: Watched) -> None:
    alerts.save(watched.shop.outside, watched.shop.business, "", "", digest=False)
    with write() as session:
        one = sa.update(Effect).where(Effect.action == "create_expense")
        session.execute(one.values(state="held", held_by="double"))
    newest = runs.latest(watched.shop.outside, watched.shop.business, 1)[0].id
    noting.run_ended(watched.shop.outside, newest)
    watched.mail_jobs()
    assert watched.subjects[0] == "Lumen Home Goods: look at a document in Zoho Books"
    with write() as session:
        session.execute(sa.update(Effect).values(state="done", held_by=None))
    noting.run_ended(watched.shop.outside, newest)
    watched.mail_jobs()
    assert watched.subjects[1:] == ["Lumen Home Goods: the books are in order again"]


def test_document_that_somebody_deleted_in_zoho_books_is_told_by_mail_after_the_nightly_audit(watched: Watched) -> None:
    shop = watched.shop
    (fee, *_others) = shop.documents("expenses")
    bookkeeper.delete(shop.simulator, shop.organization, "expenses", fee["id"])
    shop.next_day()
    shop.sync("daily")
    watched.mail_jobs()
    assert watched.subjects == ["Lumen Home Goods: look at a document in Zoho Books"]
    (incident,) = alerts.view(shop.outside, shop.business).open
    assert "1 document is not as Tieout wrote it in Zoho Books." in incident.sentence


def test_missed_daily_run_is_told_once_and_heals_with_the_next(watched: Watched) -> None:
    watched.pass_time(timedelta(hours=17), 10 * MINUTE, without=("clockwork", "health", "worker", "tend"))
    assert watched.subjects == ["Lumen Home Goods: the daily sync didn't go through"]
    watched.pass_time(10 * MINUTE, MINUTE)
    assert watched.subjects[1:] == ["Lumen Home Goods: it syncs again"]


def test_host_that_was_off_for_three_days_makes_up_for_it_without_a_mail(watched: Watched) -> None:
    watched.pass_time(HOUR, 10 * MINUTE)
    watched.shop.clock.advance(timedelta(days=3))
    watched.pass_time(4 * HOUR, 10 * MINUTE)
    assert watched.subjects == []
    assert count_of_incidents() == 0


def test_run_that_does_not_move_for_half_an_hour_is_told(watched: Watched) -> None:
    run = runs.request(watched.shop.outside, watched.shop.business, "daily")
    runs.take(run, watched.now)
    for _look in range(5):
        watchdog.run_due(watched.shop.outside)
        watched.mail_jobs()
    assert watched.subjects == ["Lumen Home Goods: a sync is stuck"]
