"""The proof log of a business that has traded, and what is found when somebody has been at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.services.proving import proof
from app.store import outbox
from app.store.db import RowWriter, db, read
from app.store.outbox import Attempt
from tests.shop import ACCOUNT, Shop


@pytest.fixture
def told(sold: Shop) -> Shop:
    """Two sales synced, one of them after a reply that got lost."""
    sold.fault("create_invoice", "lost_after_apply")
    sold.clock.advance(timedelta(minutes=1))
    sold.world.add_charge(ACCOUNT)
    sold.sync()
    sold.clock.advance(timedelta(minutes=6))
    sold.sync()
    return sold


def tamper(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_everything_tried_is_in_the_log_in_order_and_the_log_holds(told: Shop) -> None:
    with read() as session:
        rows = session.execute(
            sa.select(Attempt.what, Attempt.outcome).where(Attempt.effect_id == 1).order_by(Attempt.id)
        )
        assert [tuple(row) for row in rows] == [
            ("claim", "sending"),
            ("send", "in_doubt"),
            ("look_up", "adopted"),
        ]
    verdict = proof.verify(told.business)
    assert (verdict.broken_at, verdict.entries) == (None, 13)
    assert verdict.head.startswith("13:")


def test_claim_holds_the_fingerprint_of_what_was_to_be_sent(told: Shop) -> None:
    with read() as session:
        claimed = session.execute(
            sa.text("SELECT a.detail, e.payload_hash FROM attempts a JOIN effects e ON e.id = a.effect_id "
                    "WHERE a.what = 'claim'")
        ).all()  # fmt: skip
    assert len(claimed) == 6
    assert all(detail == payload_hash for detail, payload_hash in claimed)


@pytest.mark.parametrize(
    ("statement", "number"),
    [
        ("UPDATE attempts SET outcome = 'done' WHERE number = 2", 2),
        ("UPDATE attempts SET at = datetime(at, '+1 second') WHERE number = 5", 5),
        ("UPDATE attempts SET person = 'somebody@example.com' WHERE number = 13", 13),
        ("DELETE FROM attempts WHERE number = 4", 4),
        ("DELETE FROM attempts WHERE number > 10", 11),
        ("DELETE FROM attempts", 1),
        ("DELETE FROM proof_heads", 13),
        ("UPDATE attempts SET number = CASE number WHEN 3 THEN 1003 ELSE 1004 END WHERE number IN (3, 4)", 3),
        (
            "INSERT INTO attempts (business_id, number, effect_id, at, what, outcome, detail, person, hash) "
            "SELECT business_id, 14, effect_id, at, what, outcome, detail, person, hash FROM attempts "
            "WHERE number = 13",
            14,
        ),
    ],
)
def test_whatever_is_done_to_the_log_its_first_broken_link_is_named(told: Shop, statement: str, number: int) -> None:
    tamper(statement)
    assert proof.verify(told.business).broken_at == number
    result = told.app.test_cli_runner().invoke(args=["proof", "verify", "--json"])
    (row,) = json.loads(result.stdout)
    assert (result.exit_code, row["holds"], row["broken_at"]) == (1, False, number)
    assert f"broken at entry {number}. " in told.app.test_cli_runner().invoke(args=["proof", "verify"]).stdout


def test_command_says_that_it_holds_and_names_the_head(told: Shop) -> None:
    result = told.app.test_cli_runner().invoke(args=["proof", "verify", "--business", "lumen-home-goods"])
    assert result.exit_code == 0
    assert result.stdout.startswith("lumen-home-goods: holds. 13 entries, each as it was written. Head 13:")


def test_each_business_has_a_log_of_its_own(told: Shop) -> None:
    other = told.open_business("Harbour Books and Coffee")
    assert proof.verify(other).says == "Nothing was tried yet."


def test_log_goes_on_after_a_run_that_was_rolled_back(told: Shop) -> None:
    """A transaction that fails takes its entry back, and the next one follows the entry that was kept."""
    writer, now = RowWriter(), told.clock.now()

    def entry(fail: bool) -> None:
        with writer as rows:
            outbox.note(rows, 1, 9, now, "send", "done")
            if fail:
                raise LookupError

    broken: Callable[[], None] = lambda: entry(True)  # noqa: E731
    entry(False)
    with pytest.raises(LookupError):
        broken()
    entry(False)
    with db.engine.begin() as connection:
        outbox.note(connection, 2, 9, now, "send", "done")
    entry(False)
    writer.close()
    assert (proof.verify(told.business).entries, proof.verify(told.business).broken_at) == (17, None)
