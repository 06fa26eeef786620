"""Repairs by a person: after each the books are right, agree to the cent, and stay so over later syncs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app.domain.repairs import Repair
from app.services.proving import proof
from app.services.refusals import Refusal
from app.services.repairing import adoption, at_hand, record_repairs, repairs
from app.services.showing import records
from app.services.syncing import balances, worker
from app.services.writing import lease
from app.simulator.zoho_books import people
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import set_lock_date
from app.store.db import read
from app.store.outbox import Attempt, Effect
from tests.shop import ACCOUNT, Shop

ANNA = "anna@example.com"
CREATE = ("create_invoice", "create_customer_payment", "create_expense")


def effect(shop: Shop, action: str) -> Effect:
    with read() as session:
        return session.scalars(
            sa.select(Effect).where(Effect.action == action).order_by(Effect.id.desc()).limit(1)
        ).one()


def seen(shop: Shop, action: str) -> tuple[int, str]:
    row = effect(shop, action)
    return row.id, at_hand.mark_of(row)


def offered(shop: Shop, action: str) -> set[str]:
    key = effect(shop, action).id
    with read() as session:
        found = at_hand.offers(shop.outside, session, session.get_one(Effect, key))
    return {one.repair.value for one in found if one.offered}


def refuse(shop: Shop, operation: str) -> None:
    """The next such call is refused, and the sync that makes it ends."""
    shop.fault(operation, "refused", status=400, code=5001)
    shop.sync()
    assert shop.effects()[operation] == "refused"


def enter(shop: Shop, operation: str, **changes: Any) -> str:
    """A person enters in Zoho Books what Tieout would have written; the id of it."""
    row = effect(shop, operation)
    payload: dict[str, Any] = row.payload
    amount = Decimal(row.amount_minor) / 100
    customer = next((one["id"] for one in shop.documents("contacts")), "")
    bodies: dict[str, dict[str, Any]] = {
        "create_expense": {
            "account_id": payload.get("account_id"),
            "paid_through_account_id": payload.get("paid_through_account_id"),
            "amount": amount,
        },
        "create_customer_payment": {
            "customer_id": customer,
            "payment_mode": "cash",
            "amount": amount,
            "account_id": payload.get("account_id"),
            "invoices": [{"invoice_id": one["id"], "amount_applied": amount} for one in shop.documents("invoices")],
        },
    }
    body = {"date": payload["date"], "reference_number": "by hand"} | bodies[operation] | changes
    made = act(shop.simulator, shop.organization, operation, body)
    (single,) = [made[name] for name in ("expense", "payment") if name in made]
    return str(single.get("expense_id") or single.get("payment_id"))


def assert_agrees(shop: Shop) -> None:
    """Later syncs write nothing more, the figures agree, and the log holds."""
    worker.run_due(shop.outside)
    before = {kind: len(rows) for kind, rows in shop.truth()["documents"].items()}
    for _round in range(2):
        shop.clock.advance(timedelta(minutes=61))
        shop.sync_by_hand()
    shop.next_day()
    shop.sync("daily")
    assert {kind: len(rows) for kind, rows in shop.truth()["documents"].items()} == before
    newest = balances.view(shop.business)
    assert newest is not None
    assert newest.forward.residual.minor == 0
    assert shop.truth()["trial_balance"] == "0.00"
    assert proof.verify(shop.business).holds


@pytest.mark.parametrize("operation", CREATE)
def test_refused_document_is_sent_again(sold: Shop, operation: str) -> None:
    refuse(sold, operation)
    assert offered(sold, operation) >= {"send", "adopt", "by_hand"}
    repairs.send(sold.outside, sold.business, *seen(sold, operation), ANNA)
    worker.run_due(sold.outside)
    assert sold.counts() == (1, 1, 1)
    assert_agrees(sold)


def test_document_entered_by_hand_counts_as_done(sold: Shop) -> None:
    refuse(sold, "create_expense")
    enter(sold, "create_expense")
    repairs.by_hand(
        sold.outside, sold.business, *seen(sold, "create_expense"), "typed in from the receipt", ANNA, on_clearing=True
    )
    assert effect(sold, "create_expense").settled_by == "by_hand"
    assert_agrees(sold)
    assert sold.counts() == (1, 1, 1)


def test_document_entered_on_another_account_is_not_expected_on_the_clearing_account(sold: Shop) -> None:
    refuse(sold, "create_expense")
    enter(sold, "create_expense", paid_through_account_id=sold.truth()["accounts"]["DBS Current Account"]["account_id"])
    repairs.by_hand(sold.outside, sold.business, *seen(sold, "create_expense"), "paid by bank", ANNA, on_clearing=False)
    assert_agrees(sold)


def test_invoice_by_hand_takes_its_payment_along_and_leaves_the_fee_to_tieout(sold: Shop) -> None:
    refuse(sold, "create_invoice")
    repairs.by_hand(
        sold.outside, sold.business, *seen(sold, "create_invoice"), "no customer yet", ANNA, on_clearing=False
    )
    worker.run_due(sold.outside)
    assert sold.effects() == dict.fromkeys(CREATE, "done")
    assert sold.counts() == (0, 0, 1)
    assert_agrees(sold)


def test_record_that_a_person_names_is_adopted(sold: Shop) -> None:
    refuse(sold, "create_customer_payment")
    named = enter(sold, "create_customer_payment")
    found = adoption.candidate(sold.outside, sold.business, effect(sold, "create_customer_payment").id, named)
    assert found.differences == ()
    adoption.adopt(sold.outside, sold.business, *seen(sold, "create_customer_payment"), named, "", "", ANNA)
    row = effect(sold, "create_customer_payment")
    assert (row.state, row.settled_by, row.books_id) == ("done", "adopted", named)
    assert_agrees(sold)
    assert sold.counts() == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": Decimal("7.77")}, "It is over SGD 7.77, not over "),
        ({"date": "2026-11-01"}, "It is dated 1 Nov 2026, not 22 Nov 2026."),
    ],
)
def test_difference_is_shown_and_must_be_confirmed(sold: Shop, changes: dict[str, Any], said: str) -> None:
    refuse(sold, "create_expense")
    named = enter(sold, "create_expense", **changes)
    row = effect(sold, "create_expense")
    found = adoption.candidate(sold.outside, sold.business, row.id, f"https://books.example.com/app#/expenses/{named}")
    assert said in " ".join(found.differences)
    before = sold.hashes("effects", "attempts")
    with pytest.raises(Refusal, match="Confirm that it is the one"):
        adoption.adopt(sold.outside, sold.business, *seen(sold, "create_expense"), named, "", "", ANNA)
    assert sold.hashes("effects", "attempts") == before
    agreed = " ".join(found.differences)
    adoption.adopt(sold.outside, sold.business, *seen(sold, "create_expense"), named, agreed, "", ANNA)
    assert_agrees(sold)


def test_record_on_another_account_is_told_and_then_not_expected_here(sold: Shop) -> None:
    refuse(sold, "create_expense")
    bank = sold.truth()["accounts"]["DBS Current Account"]["account_id"]
    named = enter(sold, "create_expense", paid_through_account_id=bank)
    found = adoption.candidate(sold.outside, sold.business, effect(sold, "create_expense").id, named)
    assert found.differences == ("It is on another account than the Bank Account in Settings.",)
    agreed = " ".join(found.differences)
    adoption.adopt(sold.outside, sold.business, *seen(sold, "create_expense"), named, agreed, "", ANNA)
    assert_agrees(sold)


def test_record_stands_for_one_document_only(sold: Shop) -> None:
    sold.clock.advance(timedelta(minutes=1))
    sold.world.add_charge(ACCOUNT)
    sold.fault("create_expense", "refused", status=400, code=5001, nth=2)
    sold.sync()
    taken = sold.documents("expenses")[0]["id"]
    with pytest.raises(Refusal, match=r"stands for HP-.* already"):
        adoption.candidate(sold.outside, sold.business, effect(sold, "create_expense").id, taken)


@pytest.mark.parametrize("named", ["", "INV-1", "999999999999"])
def test_what_names_no_record_is_refused(sold: Shop, named: str) -> None:
    refuse(sold, "create_expense")
    with pytest.raises(Refusal):
        adoption.candidate(sold.outside, sold.business, effect(sold, "create_expense").id, named)


def test_one_of_two_found_is_adopted(sold: Shop) -> None:
    sold.fault("create_expense", "lost_after_apply")
    sold.sync()
    reference = sold.documents("expenses")[0]["reference_number"]
    second = enter(sold, "create_expense", reference_number=reference)
    sold.clock.advance(timedelta(minutes=6))
    sold.sync("look_up")
    assert effect(sold, "create_expense").held_by == "double"
    found = adoption.candidates(sold.outside, sold.business, effect(sold, "create_expense").id)
    first = next(one.books_id for one in found if one.books_id != second)
    adoption.adopt(sold.outside, sold.business, *seen(sold, "create_expense"), first, "", "", ANNA)
    people.delete(sold.simulator, sold.organization, "expenses", second)
    assert_agrees(sold)
    assert sold.counts() == (1, 1, 1)


def test_left_out_sale_is_never_written_and_its_refund_stays_out(sold: Shop) -> None:
    refuse(sold, "create_invoice")
    repairs.leave_out(sold.outside, sold.business, *seen(sold, "create_invoice"), "a test sale", ANNA)
    (row,) = records.page(sold.business).rows
    assert (row.fate, row.says) == ("excluded", "Left out by hand: a test sale.")
    (sale,) = sold.world.charges(ACCOUNT)
    sold.world.refund(sale["id"], "30.00")
    assert_agrees(sold)
    assert sold.counts() == (0, 0, 0)
    fates = {one.kind: one.says for one in records.page(sold.business).rows}
    assert fates["refund"] == "Left out: its charge isn't in the books."


def test_refund_that_was_planned_already_is_left_out_with_its_sale(sold: Shop) -> None:
    (sale,) = sold.world.charges(ACCOUNT)
    refuse(sold, "create_invoice")
    sold.world.refund(sale["id"], "30.00")
    sold.clock.advance(timedelta(minutes=5))
    sold.sync("sweep")
    assert sold.effects()["create_credit_note"] == "planned"
    repairs.leave_out(sold.outside, sold.business, *seen(sold, "create_invoice"), "a test sale", ANNA)
    assert set(sold.effects().values()) == {"left_out"}
    assert_agrees(sold)
    assert sold.documents("creditnotes") == []


def test_nothing_is_left_out_of_which_a_part_is_in_the_books(sold: Shop) -> None:
    refuse(sold, "create_customer_payment")
    assert "leave_out" not in offered(sold, "create_customer_payment")
    before = sold.hashes()
    with pytest.raises(Refusal, match="Other documents of the same sale"):
        repairs.leave_out(sold.outside, sold.business, *seen(sold, "create_customer_payment"), "no", ANNA)
    assert sold.hashes() == before


def test_what_may_still_land_can_only_be_waited_for(sold: Shop) -> None:
    sold.fault("create_invoice", "late", seconds=200)
    sold.sync()
    assert offered(sold, "create_invoice") == set()
    sold.clock.advance(timedelta(minutes=6))
    assert offered(sold, "create_invoice") == {"check", "adopt", "by_hand"}
    said = repairs.check(sold.outside, sold.business, *seen(sold, "create_invoice"), ANNA)
    assert said == "It was found in Zoho Books, and is done."
    worker.run_due(sold.outside)
    assert sold.counts() == (1, 1, 1)
    assert_agrees(sold)


def test_doubt_is_never_sent_again_by_hand_and_two_looks_of_a_person_lie_ten_minutes_apart(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_before_apply")
    sold.sync()
    sold.clock.advance(timedelta(minutes=6))
    said = repairs.check(sold.outside, sold.business, *seen(sold, "create_invoice"), ANNA)
    assert said.startswith("It wasn't found.")
    assert "check" not in offered(sold, "create_invoice")
    with pytest.raises(Refusal, match="looked up just now"):
        repairs.check(sold.outside, sold.business, *seen(sold, "create_invoice"), ANNA)
    with pytest.raises(Refusal, match="Check again first"):
        repairs.send(sold.outside, sold.business, *seen(sold, "create_invoice"), ANNA)
    sold.clock.advance(timedelta(minutes=10.5))
    said = repairs.check(sold.outside, sold.business, *seen(sold, "create_invoice"), ANNA)
    assert "two looks found nothing" in said
    worker.run_due(sold.outside)
    assert sold.counts() == (1, 1, 1)
    assert_agrees(sold)


def test_look_that_failed_says_so_and_changes_nothing_else(sold: Shop) -> None:
    sold.fault("create_invoice", "lost_after_apply")
    sold.sync()
    sold.clock.advance(timedelta(minutes=6))
    sold.line.spoil("GET", "/invoices", b"", status=500)
    said = repairs.check(sold.outside, sold.business, *seen(sold, "create_invoice"), ANNA)
    assert "an error of its own" in said
    assert effect(sold, "create_invoice").state == "in_doubt"


def test_held_for_its_total_is_accepted_as_it_is(sold: Shop) -> None:
    sold.fault("create_expense", "lost_after_apply")
    sold.sync()
    (expense,) = sold.documents("expenses")
    people.edit(sold.simulator, sold.organization, "expenses", expense["id"], amount="9.99")
    sold.clock.advance(timedelta(minutes=6))
    sold.sync("look_up")
    assert effect(sold, "create_expense").held_by == "differs"
    (found,) = adoption.candidates(sold.outside, sold.business, effect(sold, "create_expense").id)
    agreed = " ".join(found.differences)
    adoption.adopt(sold.outside, sold.business, *seen(sold, "create_expense"), expense["id"], agreed, "agreed", ANNA)
    assert_agrees(sold)


def test_repair_waits_while_a_sync_is_at_work(sold: Shop) -> None:
    refuse(sold, "create_expense")
    held = lease.take(sold.outside, sold.business)
    assert held is not None
    before = sold.hashes()
    with pytest.raises(Refusal, match="A sync is at work"):
        repairs.send(sold.outside, sold.business, *seen(sold, "create_expense"), ANNA)
    assert sold.hashes() == before
    held.release()


def test_repair_of_what_has_changed_meanwhile_is_refused(sold: Shop) -> None:
    refuse(sold, "create_expense")
    drawn = seen(sold, "create_expense")
    sold.sync("command")
    assert sold.effects()["create_expense"] == "done"
    before = sold.hashes()
    with pytest.raises(Refusal, match="has changed since"):
        repairs.send(sold.outside, sold.business, *drawn, ANNA)
    with pytest.raises(Refusal, match="has changed since"):
        repairs.by_hand(sold.outside, sold.business, *drawn, "why", ANNA, on_clearing=True)
    with pytest.raises(Refusal, match="has changed since"):
        repairs.leave_out(sold.outside, sold.business, *drawn, "why", ANNA)
    assert sold.hashes() == before


@pytest.mark.parametrize("note", ["", "  \n ", "x" * 501])
def test_by_hand_and_left_out_need_a_note(sold: Shop, note: str) -> None:
    refuse(sold, "create_invoice")
    before = sold.hashes()
    with pytest.raises(Refusal) as refused:
        repairs.leave_out(sold.outside, sold.business, *seen(sold, "create_invoice"), note, ANNA)
    assert "note" in refused.value.problems
    with pytest.raises(Refusal):
        repairs.by_hand(sold.outside, sold.business, *seen(sold, "create_invoice"), note, ANNA, on_clearing=True)
    assert sold.hashes() == before


def test_every_repair_is_recorded_with_who_and_why(sold: Shop) -> None:
    refuse(sold, "create_invoice")
    repairs.leave_out(sold.outside, sold.business, *seen(sold, "create_invoice"), "a test\nsale", ANNA)
    with read() as session:
        told = session.scalars(sa.select(Attempt).where(Attempt.what == "repair")).all()
    assert {(one.outcome, one.person, one.detail) for one in told} == {(Repair.LEAVE_OUT.value, ANNA, "a test sale")}
    assert len(told) == 3


def lock(shop: Shop, day: str) -> None:
    set_lock_date(shop.simulator, shop.organization, day)


def test_record_held_by_a_lock_is_left_out(sold: Shop) -> None:
    lock(sold, "2026-11-22")
    sold.sync()
    (row,) = records.page(sold.business).rows
    assert row.fate == "held"
    mark = record_repairs.mark_of(sold.outside, sold.business, row.id)
    record_repairs.leave_out(sold.outside, sold.business, row.id, mark, "belongs to last year", ANNA)
    lock(sold, "2026-11-01")
    assert_agrees(sold)
    assert sold.counts() == (0, 0, 0)
    with pytest.raises(Refusal, match="has changed since"):
        record_repairs.leave_out(sold.outside, sold.business, row.id, mark, "again", ANNA)


def test_record_held_by_a_lock_is_entered_by_hand_and_counted(sold: Shop) -> None:
    lock(sold, "2026-11-22")
    sold.sync()
    (row,) = records.page(sold.business).rows
    mark = record_repairs.mark_of(sold.outside, sold.business, row.id)
    record_repairs.by_hand(
        sold.outside, sold.business, row.id, mark, "entered with last year's", ANNA, on_clearing=True
    )
    (after,) = records.page(sold.business).rows
    assert after.fate == "posted"
    lock(sold, "2026-11-01")
    worker.run_due(sold.outside)
    assert sold.counts() == (0, 0, 0)
    act(sold.simulator, sold.organization, "create_bank_transaction", {
        "transaction_type": "transfer_fund",
        "from_account_id": sold.truth()["accounts"]["DBS Current Account"]["account_id"],
        "to_account_id": sold.accounts["HitPay Clearing"],
        "amount": (row.gross - row.fee).amount,
        "date": "2026-11-22",
    })  # fmt: skip
    assert_agrees(sold)


def test_payout_that_does_not_tie_is_entered_by_hand_and_counted(shop: Shop) -> None:
    shop.set_up()
    bank = shop.truth()["accounts"]["DBS Current Account"]["account_id"]
    shop.save(payout_account=bank, channels=("online_store",))
    ids = []
    for channel in ("api_store", "point_of_sale"):
        shop.clock.advance(timedelta(minutes=5))
        ids.append(shop.world.add_charge(ACCOUNT, channel=channel)["id"])
    shop.sync()
    shop.clock.advance(timedelta(days=1))
    shop.world.pay_out(ACCOUNT, ids)
    shop.clock.advance(timedelta(minutes=5))
    shop.sync()
    row = next(one for one in records.page(shop.business).rows if one.kind == "payout")
    assert row.fate == "held"
    act(shop.simulator, shop.organization, "create_bank_transaction", {
        "transaction_type": "transfer_fund",
        "from_account_id": shop.accounts["HitPay Clearing"],
        "to_account_id": bank,
        "amount": row.gross.amount,
        "date": "2026-11-23",
    })  # fmt: skip
    mark = record_repairs.mark_of(shop.outside, shop.business, row.id)
    record_repairs.by_hand(shop.outside, shop.business, row.id, mark, "moved it myself", ANNA, on_clearing=True)
    assert next(one for one in records.page(shop.business).rows if one.kind == "payout").fate == "posted"
    assert_agrees(shop)
