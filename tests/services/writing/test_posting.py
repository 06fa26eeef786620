"""Posting: refusals and limits met in the middle of a run, and how they are mended."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.services.showing import records
from app.services.showing.documents import DocumentView
from app.simulator.zoho_books.accounts import set_active
from app.simulator.zoho_books.organizations import book_of, set_switches
from tests.shop import ACCOUNT, Shop


def sell(shop: Shop, count: int = 1, **changes: Any) -> None:
    for _sale in range(count):
        shop.clock.advance(timedelta(minutes=1))
        shop.world.add_charge(ACCOUNT, **changes)


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
    assert sold.counts() == (0, 0, 0)
    assert sold.sync_by_hand().outcome == "fine"
    assert sold.counts() == (1, 1, 1)


def test_refused_again_and_again_is_sent_once_a_press(sold: Shop) -> None:
    switch_item(sold, "inactive")
    for number in range(1, 4):
        sold.sync("command")
        assert sold.line.count("POST", "/invoices") == number
    assert sold.counts() == (0, 0, 0)


def test_another_account_chosen_in_settings_is_used_for_what_was_refused(sold: Shop) -> None:
    switch_account(sold, "HitPay Fees", active=False)
    assert sold.sync().counts["failed"] == 1
    assert sold.counts() == (1, 1, 0)
    sold.save(fee_account=sold.accounts["Bank Fees and Charges"])
    assert sold.sync("command").outcome == "fine"
    assert sold.counts() == (1, 1, 1)
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
    assert sold.counts() == (5, 5, 5)


def test_refusals_between_successes_do_not_stop_the_run(sold: Shop) -> None:
    sell(sold, 5)
    for nth in (1, 2, 4, 5):
        sold.fault("create_invoice", "refused", status=400, code=1038, nth=nth)
    run = sold.sync()
    assert (run.outcome, run.counts["failed"]) == ("attention", 4)
    assert sold.counts() == (2, 2, 2)


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
    assert sold.counts() == (3, 3, 3)


def test_period_that_zoho_calls_locked_is_held_and_offered_again_by_hand(sold: Shop) -> None:
    """The lock date said nothing, but Zoho refuses: some modules can be locked alone."""
    sold.line.spoil("POST", "/invoices", '{"code": 5021, "message": "The period is locked."}', status=400)
    run = sold.sync()
    assert (run.outcome, run.counts["held"]) == ("attention", 1)
    assert "Unlock it there" in documents_of(sold)[0].trouble
    sold.line.mend()
    assert sold.sync("command").outcome == "fine"
    assert sold.counts() == (1, 1, 1)


def test_limit_that_does_not_pass_is_left_to_the_next_run(sold: Shop) -> None:
    sold.line.spoil("POST", "/invoices", '{"code": 44, "message": "blocked"}', status=429)
    run = sold.sync()
    assert (run.outcome, run.sentence) == ("stopped", "Zoho Books asks for a pause: too many calls.")
    assert sold.line.count("POST", "/invoices") == 4
    sold.line.mend()
    assert sold.sync("daily").outcome == "fine"
    assert sold.counts() == (1, 1, 1)


def test_zoho_that_cannot_be_reached_is_left_to_the_next_run(sold: Shop) -> None:
    """Not a byte was sent, so nothing is in doubt."""
    sold.fault("get_transaction_lock", "error_before_apply")
    sold.line.spoil("GET", "/transactionlock", b"", status=503)
    assert sold.sync().outcome == "stopped"
    sold.line.mend()
    assert sold.sync("daily").outcome == "fine"
    assert sold.counts() == (1, 1, 1)


def test_lost_mark_as_sent_is_repeated(sold: Shop) -> None:
    set_switches(sold.simulator, sold.organization, draft_accepts_payment=False)
    sold.fault("mark_invoices_sent", "lost_after_apply")
    assert sold.sync().outcome == "stopped"
    assert sold.sync("daily").outcome == "fine"
    assert sold.counts() == (1, 1, 1)
    assert [row["status"] for row in sold.documents("invoices")] == ["paid"]
