"""Posting: refusals, limits, customers and the lease, each met in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.services import books_connection, crash, records, runs, worker
from app.services.documents import DocumentView
from app.simulator.zoho_books import people
from app.simulator.zoho_books.accounts import set_active
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import book_of, set_switches
from app.store import leases
from app.store.db import read, write
from app.store.leases import Lease
from app.store.runs import Run
from tests.shop import ACCOUNT, Shop

CUSTOMER = "HitPay Sales (SGD)"


def sell(shop: Shop, count: int = 1, **changes: Any) -> None:
    for _sale in range(count):
        shop.clock.advance(timedelta(minutes=1))
        shop.world.add_charge(ACCOUNT, **changes)


@pytest.fixture
def sold(ready: Shop) -> Shop:
    """One sale of 100.00 with a fee waits to be posted."""
    sell(ready)
    return ready


def counts(shop: Shop) -> tuple[int, ...]:
    return tuple(len(shop.documents(kind)) for kind in ("invoices", "customerpayments", "expenses"))


def documents_of(shop: Shop) -> list[DocumentView]:
    """The documents of the newest record."""
    story = records.story(shop.outside, shop.business, records.page(shop.business).rows[0].id)
    assert story
    return story.documents


def switch_item(shop: Shop, status: str) -> None:
    """A person makes the Default Item active or inactive."""
    book = book_of(shop.simulator, shop.organization)
    with shop.simulator.state.transaction():
        (item,) = book.all("items")
        book.save("items", {**item, "status": status})


def switch_account(shop: Shop, name: str, *, active: bool) -> None:
    book = book_of(shop.simulator, shop.organization)
    with shop.simulator.state.transaction():
        set_active(book, shop.accounts[name], active=active)


def test_refused_document_fails_and_sync_now_offers_it_again_once_mended(sold: Shop) -> None:
    switch_item(sold, "inactive")
    run = sold.sync()
    assert (run.outcome, run.counts["failed"]) == ("attention", 1)
    assert [row.fate for row in records.page(sold.business).rows] == ["failed"]
    assert "inactive in Zoho Books. Make it active there" in documents_of(sold)[0].trouble
    assert "is inactive" in documents_of(sold)[0].trouble_detail

    switch_item(sold, "active")
    assert sold.sync("daily").counts["failed"] == 1  # only a person offers it again
    assert counts(sold) == (0, 0, 0)
    assert sold.sync_by_hand().outcome == "fine"
    assert counts(sold) == (1, 1, 1)


def test_refused_again_and_again_is_sent_once_a_press(sold: Shop) -> None:
    switch_item(sold, "inactive")
    for number in range(1, 4):
        sold.sync("command")
        assert sold.line.count("POST", "/invoices") == number
    assert counts(sold) == (0, 0, 0)


def test_another_account_chosen_in_settings_is_used_for_what_was_refused(sold: Shop) -> None:
    switch_account(sold, "HitPay Fees", active=False)
    assert sold.sync().counts["failed"] == 1
    assert counts(sold) == (1, 1, 0)
    sold.save(fee_account=sold.accounts["Bank Fees and Charges"])
    assert sold.sync("command").outcome == "fine"
    assert counts(sold) == (1, 1, 1)
    assert Decimal(sold.truth()["accounts"]["Bank Fees and Charges"]["balance"]) > 0
    assert Decimal(sold.truth()["accounts"]["HitPay Fees"]["balance"]) == 0


def test_other_accounts_chosen_meanwhile_leave_what_is_planned_as_it_was(sold: Shop) -> None:
    sold.fault("create_expense", "refused", code=45)
    assert sold.sync().outcome == "delayed"
    sold.save(fee_account=sold.accounts["Bank Fees and Charges"])
    assert sold.sync("command").outcome == "fine"
    assert Decimal(sold.truth()["accounts"]["HitPay Fees"]["balance"]) > 0


def test_three_refusals_in_a_row_stop_the_run_and_the_rest_waits(sold: Shop) -> None:
    sell(sold, 4)
    switch_item(sold, "inactive")
    run = sold.sync()
    assert run.outcome == "stopped"
    assert run.sentence.startswith("Zoho Books refused 3 documents in a row, so the rest waits.")
    assert sold.line.count("POST", "/invoices") == 3
    switch_item(sold, "active")
    assert sold.sync("command").outcome == "fine"
    assert counts(sold) == (5, 5, 5)


def test_refusals_between_successes_do_not_stop_the_run(sold: Shop) -> None:
    sell(sold, 5)
    for nth in (1, 2, 4, 5):
        sold.fault("create_invoice", "refused", status=400, code=1038, nth=nth)
    run = sold.sync()
    assert (run.outcome, run.counts["failed"]) == ("attention", 4)
    assert counts(sold) == (2, 2, 2)


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        (57, 401, "The Zoho Books login lacks a permission that this needs."),
        (6041, 400, "The Zoho login isn't a user of this organization."),
        (103001, 400, "The Zoho Books trial is over."),
    ],
)
def test_refusal_that_would_meet_every_document_stops_at_the_first(
    sold: Shop, code: int, status: int, says: str
) -> None:
    sell(sold, 2)
    sold.line.spoil("POST", "/invoices", f'{{"code": {code}, "message": "no"}}', status=status)
    run = sold.sync()
    assert run.outcome == "stopped"
    assert run.sentence.startswith(says)
    assert sold.effects()["create_invoice"] == "planned"
    assert sold.line.count("POST", "/invoices") == (2 if status == 401 else 1)  # a token is renewed once
    sold.line.mend()
    assert sold.sync("daily").outcome == "fine"
    assert counts(sold) == (3, 3, 3)


def test_period_that_zoho_calls_locked_is_held_and_offered_again_by_hand(sold: Shop) -> None:
    """The lock date said nothing, but Zoho refuses: some modules can be locked alone."""
    sold.line.spoil("POST", "/invoices", '{"code": 5021, "message": "The period is locked."}', status=400)
    run = sold.sync()
    assert (run.outcome, run.counts["held"]) == ("attention", 1)
    assert "Unlock it there" in documents_of(sold)[0].trouble
    sold.line.mend()
    assert sold.sync("command").outcome == "fine"
    assert counts(sold) == (1, 1, 1)


def test_limit_longer_than_a_lease_keeps_the_lease(sold: Shop) -> None:
    sold.line.spoil("POST", "/invoices", '{"code": 44, "message": "blocked"}', status=429, times=1)
    held: list[bool] = []
    asleep = sold.clock.sleep

    def sleep(seconds: float) -> None:
        asleep(seconds)
        with read() as session:
            held.append(session.get_one(Lease, sold.business).expires_at > sold.clock.now())
        assert runs.end_abandoned(sold.clock.now()) == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sold.clock, "sleep", sleep)
        patch.setattr("app.books.zoho.refusals._WAITS", {"44": 115.0})
        assert sold.sync().outcome == "fine"
    assert len(held) >= 2
    assert all(held)
    assert counts(sold) == (1, 1, 1)


def test_reading_longer_than_a_lease_keeps_the_lease(ready: Shop) -> None:
    sell(ready, 120)  # three pages, fifty seconds each

    def slow(_method: str, path: str) -> None:
        if path == "/hitpay/v1/charges":
            ready.clock.advance(timedelta(seconds=50))
            assert runs.end_abandoned(ready.clock.now()) == []

    ready.line.before = slow
    ready.fault("create_invoice", "refused", code=45)
    assert ready.sync().counts["new"] == 120


def test_limit_that_does_not_pass_is_left_to_the_next_run(sold: Shop) -> None:
    sold.line.spoil("POST", "/invoices", '{"code": 44, "message": "blocked"}', status=429)
    run = sold.sync()
    assert (run.outcome, run.sentence) == ("stopped", "Zoho Books asks for a pause: too many calls.")
    assert sold.line.count("POST", "/invoices") == 4
    sold.line.mend()
    assert sold.sync("daily").outcome == "fine"
    assert counts(sold) == (1, 1, 1)


def test_zoho_that_cannot_be_reached_is_left_to_the_next_run(sold: Shop) -> None:
    """Not a byte was sent, so nothing is in doubt."""
    sold.fault("get_transaction_lock", "error_before_apply")
    sold.line.spoil("GET", "/transactionlock", b"", status=503)
    assert sold.sync().outcome == "stopped"
    sold.line.mend()
    assert sold.sync("daily").outcome == "fine"
    assert counts(sold) == (1, 1, 1)


def contacts(shop: Shop) -> list[str]:
    return [row["contact_name"] for row in shop.documents("contacts")]


def person_makes_contact(shop: Shop) -> str:
    """A contact of the very name that we would give; its id."""
    body = {"contact_name": CUSTOMER, "contact_type": "customer"}
    return str(act(shop.simulator, shop.organization, "create_contact", body)["contact"]["contact_id"])


def test_customer_of_that_name_is_used_if_there_is_one(sold: Shop) -> None:
    known = person_makes_contact(sold)
    assert sold.sync().outcome == "fine"
    assert [row["customer_id"] for row in sold.documents("invoices")] == [known]
    assert sold.line.count("POST", "/contacts") == 0


def test_customer_name_held_by_an_inactive_contact_is_told_in_words(sold: Shop) -> None:
    known = person_makes_contact(sold)
    book = book_of(sold.simulator, sold.organization)
    people.deactivate(book, "contacts", known)
    assert sold.sync().counts["failed"] == 1
    assert documents_of(sold)[0].trouble == (
        f"Zoho Books says a contact named {CUSTOMER} exists, but it is not an active customer. "
        "Activate it or rename it there, then press Sync Now."
    )
    with sold.simulator.state.transaction():
        book.save("contacts", {**book.get("contacts", known, "Contact"), "status": "active"})
    assert sold.sync("command").outcome == "fine"
    assert counts(sold) == (1, 1, 1)


@pytest.mark.parametrize(
    "kind", ["lost_after_apply", "lost_before_apply", "error_after_apply", "truncated", "not_json", "late"]
)
def test_customer_nobody_confirmed_is_found_by_name_later(sold: Shop, kind: str) -> None:
    sold.fault("create_contact", kind, seconds=60)
    run = sold.sync()
    assert (run.outcome, run.sentence) == ("stopped", f"Zoho Books didn't say whether it made the customer {CUSTOMER}.")
    assert sold.effects()["create_invoice"] == "planned"
    sold.clock.advance(timedelta(minutes=6))
    assert sold.sync("daily").outcome == "fine"
    assert contacts(sold) == [CUSTOMER]
    assert counts(sold) == (1, 1, 1)


def test_customer_deleted_in_zoho_is_made_anew(sold: Shop) -> None:
    sold.fault("create_invoice", "refused", code=45)
    sold.sync()
    (first,) = sold.documents("contacts")
    people.delete_contact(sold.simulator, sold.organization, first["id"])
    assert sold.sync("daily").outcome == "fine"
    assert contacts(sold) == [CUSTOMER]
    assert counts(sold) == (1, 1, 1)


def test_customer_zoho_goes_on_refusing_fails_the_document(sold: Shop) -> None:
    sold.line.spoil("POST", "/invoices", '{"code": 3004, "message": "Select a valid customer."}', status=400)
    assert sold.sync().counts["failed"] == 1
    assert sold.line.count("POST", "/invoices") == 1
    sold.sync("command")
    assert sold.line.count("POST", "/invoices") == 3  # remembered by now, so looked up once more


def test_lost_mark_as_sent_is_repeated(sold: Shop) -> None:
    set_switches(sold.simulator, sold.organization, draft_accepts_payment=False)
    sold.fault("mark_invoices_sent", "lost_after_apply")
    assert sold.sync().outcome == "stopped"
    assert sold.sync("daily").outcome == "fine"
    assert counts(sold) == (1, 1, 1)
    assert [row["status"] for row in sold.documents("invoices")] == ["paid"]


def another_worker_takes_over(shop: Shop) -> None:
    """Our worker was paused for longer than a lease lives, and another one took the business."""
    shop.clock.advance(timedelta(seconds=91))
    now = shop.clock.now()
    with write() as session:
        assert leases.take(session, shop.business, "another worker", now, now + timedelta(seconds=90))


def let_go(shop: Shop) -> None:
    with write() as session:
        session.execute(sa.update(Lease).values(owner=""))


@pytest.mark.parametrize(
    ("point", "written"),
    [
        ("before_claim", (0, 0, 0)),
        ("after_claim", (0, 0, 0)),
        ("after_reply", (1, 0, 0)),
        ("after_record", (1, 0, 0)),
        ("between_effects", (0, 0, 0)),
        ("after_plan", (0, 0, 0)),
    ],
)
def test_nothing_more_is_written_once_the_lease_is_lost(
    sold: Shop, armed: None, point: str, written: tuple[int, ...]
) -> None:
    def act_once(at: str, _detail: str) -> None:
        if at == point:
            crash.disarm()
            another_worker_takes_over(sold)

    crash.arm(act_once)
    run = sold.sync()
    assert (run.outcome, run.sentence) == (
        "interrupted",
        "Another worker took this business over, so this one stopped.",
    )
    assert counts(sold) == written

    let_go(sold)
    for _round in range(3):
        sold.clock.advance(timedelta(minutes=11))
        sold.sync()
    assert counts(sold) == (1, 1, 1)
    assert sold.truth()["trial_balance"] == "0.00"


def test_worker_paused_between_claim_and_send_does_not_send_on_the_old_claim(sold: Shop, armed: None) -> None:
    """By now another one may have looked the document up and sent it."""
    sent: list[int] = []

    def pause(at: str, _detail: str) -> None:
        if at == "after_claim":
            sent.append(sold.line.count("POST", "/invoices"))
            if len(sent) == 1:
                sold.clock.advance(timedelta(seconds=20))

    crash.arm(pause)
    assert sold.sync().outcome == "fine"
    assert sent[:3] == [0, 0, 1]  # claimed twice, sent once
    assert counts(sold) == (1, 1, 1)


def test_run_is_queued_again_while_another_worker_holds_the_business(sold: Shop) -> None:
    another_worker_takes_over(sold)
    before = sold.hashes()
    run = runs.request(sold.outside, sold.business, "command")
    worker.run_due(sold.outside)
    view = runs.one(sold.outside, sold.business, run)
    assert view
    assert (view.state, view.step, view.started_at) == ("queued", "Waiting for another worker to let go", None)
    assert sold.hashes() == before

    let_go(sold)
    worker.run_due(sold.outside)
    assert counts(sold) == (1, 1, 1)


@pytest.fixture
def armed() -> Iterator[None]:
    """Nothing stays armed after the test."""
    yield
    crash.disarm()


@pytest.mark.parametrize("point", [*crash.ONCE_A_RUN, *crash.EACH_EFFECT])
def test_run_ended_from_outside_is_called_interrupted_and_taken_up(sold: Shop, armed: None, point: str) -> None:
    """A person presses Control-C in the middle of a command."""

    def stop(at: str, _detail: str) -> None:
        if at == point:
            crash.disarm()
            raise KeyboardInterrupt

    crash.arm(stop)
    with pytest.raises(KeyboardInterrupt):
        sold.sync()
    with read() as session:
        (run,) = session.scalars(sa.select(Run)).all()
    assert (run.state, run.outcome) == ("ended", "interrupted")
    assert "The program was stopped during this sync." in (run.sentence or "")
    for _round in range(3):
        sold.clock.advance(timedelta(minutes=11))
        sold.sync()
    assert counts(sold) == (1, 1, 1)


def test_error_of_our_own_ends_the_run_in_words_and_loses_nothing(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("app.services.outbox.commit_plan", broken)
        run = sold.sync()
    assert (run.outcome, run.sentence) == (
        "failed",
        "Tieout met an error of its own and stopped. The log says more.",
    )
    assert books_connection.view(sold.outside, sold.business).connected
    assert sold.sync().outcome == "fine"
    assert counts(sold) == (1, 1, 1)
