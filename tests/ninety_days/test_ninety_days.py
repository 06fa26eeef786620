"""Ninety days of everything a shop, its buyers, HitPay and its owner do: the books are right on every one of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import wiring
from app.clock import ManualClock
from app.services.planning import plans
from app.services.showing import tallies
from app.simulator.control.truths import hitpay_truth
from app.simulator.zoho_books.organizations import book_of, set_switches
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect, EffectMovement
from tests.conftest import without_waiting_for_the_disk
from tests.expected_books import Doc
from tests.ninety_days.life import Life, Variant
from tests.ninety_days.zoho_side import Row, Told, ZohoSide
from tests.provider_truth import SALES, gross_of
from tests.shop import ACCOUNT, SIMULATOR_URL, Shop, open_shop

DAYS = 90
LISTED = (*SALES, "succeeded_manually", "void")
VARIANTS = (
    Variant("individual", "Europe/London", date(2027, 2, 10), datetime(2027, 3, 28, 1, tzinfo=UTC), 4, seed=11),
    Variant("bulk", "America/New_York", date(2026, 9, 15), datetime(2026, 11, 1, 6, tzinfo=UTC), 6, seed=12),
)


@pytest.fixture(params=VARIANTS, ids=lambda variant: f"{variant.grouping}-{variant.zone}")
def life(request: pytest.FixtureRequest, database: Path) -> Iterator[Life]:
    """An install with its world, at noon of the first day, sync just enabled."""
    variant: Variant = request.param
    noon = datetime.combine(variant.first, datetime.min.time(), UTC) + timedelta(hours=12)
    with open_shop(database, ManualClock(noon), log_level="WARNING") as shop:
        without_waiting_for_the_disk()
        set_switches(shop.simulator, shop.organization, exchange_rate_decimals=variant.rate_decimals, calls_per_day=0)
        lived = Life(shop, variant)
        lived.begin()
        yield lived
        assert shop.truth()["violations"] == []


def test_books_are_right_on_every_day(life: Life, subtests: pytest.Subtests) -> None:
    zoho = ZohoSide(book_of(life.shop.simulator, life.shop.organization))
    for number in range(DAYS):
        life.live_until_run(number)
        if life.is_on:
            run_writes_what_was_said_and_what_is_due(life, zoho)
        else:
            run_writes_nothing(life, zoho)
        balances_are_right(life, zoho)

    with subtests.test("everything the world can do was done"):
        the_world_was_rich(life)
    with subtests.test("documents are those of the second bookkeeper, each once"):
        documents_are_exactly_those_due(life, zoho)
    with subtests.test("each charge is in one document set at most"):
        no_charge_is_in_two_sets()
    with subtests.test("records add up to what HitPay tells"):
        records_add_up(life)
    with subtests.test("a second run in a new process asks Zoho Books nothing"):
        second_run_asks_nothing(life, zoho)


def run_writes_what_was_said_and_what_is_due(life: Life, zoho: ZohoSide) -> None:
    """A preview, the run after it, and the second bookkeeper agree on every field."""
    shop = life.shop
    truth = hitpay_truth(shop.simulator, ACCOUNT)
    due = life.books.run(truth["charges"], truth["refunds"], life.now, truth["payouts"])
    said = plans.preview(shop.outside, shop.business)
    run = shop.sync()
    written = zoho.new_rows()
    when = f"the run of {life.now.astimezone(life.zone)}"

    assert (run.outcome, run.plan_hash or said.plan_hash) == (outcome_due(life), said.plan_hash), when
    nothing_apart([zoho.described(kind, row) for kind, row in written], due, when)
    nothing_apart([zoho.of_row(*one) for one in written], [zoho.of_preview(one) for one in said.documents], when)
    assert cents_nobody_named(life, zoho, written) == {}, when


def outcome_due(life: Life) -> str:
    """A person is asked for as long as a payout doesn't add up, and for nothing else."""
    return "attention" if life.books.needs_a_person else "fine"


def run_writes_nothing(life: Life, zoho: ZohoSide) -> None:
    calls = life.shop.truth()["calls_total"]
    life.shop.sync()
    assert zoho.new_rows() == []
    assert life.shop.truth()["calls_total"] == calls


def nothing_apart(found: Sequence[Told], due: Sequence[Told], when: str) -> None:
    """Both lists hold the same, in whatever order; fails with every one of what only one of them has."""
    many, few = Counter(found) - Counter(due), Counter(due) - Counter(found)
    lines = [f"not due: {one}" for one in many.elements()] + [f"missing: {one}" for one in few.elements()]
    assert not lines, "\n".join([when, *lines])


def cents_nobody_named(life: Life, zoho: ZohoSide, written: list[tuple[str, Row]]) -> dict[str, Decimal]:
    """Documents that moved the clearing account by other than their amount, less the difference that was named."""
    named, off = differences(), {}
    for kind, row in written:
        doc = zoho.described(kind, row)
        key = doc.kind, doc.reference
        due = life.books.clearing.get(key, Decimal(0)) + named.get(key, Decimal(0))
        off[f"{kind} {doc.reference}"] = zoho.moved(row, life.books.accounts.clearing) - due
    return {name: cents for name, cents in off.items() if cents}


def balances_are_right(life: Life, zoho: ZohoSide) -> None:
    """Clearing holds what was sold less fees, refunds and payouts, and what rounding of rates brought; the bank holds
    what was paid out; nobody owes anything."""
    books, ledger = life.books, zoho.book.ledger
    assert ledger.trial_balance() == 0
    assert set(zoho.owed().values()) <= {(Decimal(0), Decimal(0))}
    assert {row["balance"] for kind in ("invoices", "credit_notes") for row in zoho.book.all(kind)} <= {Decimal(0)}
    payments = zoho.book.all("customer_payments")
    assert all(row["amount"] == sum(one["amount_applied"] for one in row["invoices"]) for row in payments)
    due = sum(books.clearing.values(), Decimal(0)) + sum(differences().values(), Decimal(0))
    assert zoho.balance(books.accounts.clearing) == due
    paid_out = transfers(life)
    for account in {doc.accounts[1] for doc in paid_out}:
        assert zoho.balance(account) == sum(doc.amount for doc in paid_out if doc.accounts[1] == account)


def transfers(life: Life) -> list[Doc]:
    return [doc for doc in life.books.documents.values() if doc.reference.startswith("HPP-")]


def differences() -> dict[tuple[str, str], Decimal]:
    """What rounding of a rate brought to the clearing account, by kind and reference, as Tieout named it."""
    kinds = {
        "create_customer_payment": ("customerpayments", 1),
        "create_credit_note_refund": ("creditnote_refunds", -1),
    }
    with read() as session:
        rows = session.execute(
            sa.select(Effect.action, Effect.reference, Effect.difference_minor).where(
                Effect.difference_minor != 0, Effect.action.in_(kinds)
            )
        ).all()
    return {(kinds[action][0], name): Decimal(kinds[action][1] * (minor or 0)) / 100 for action, name, minor in rows}


def the_world_was_rich(life: Life) -> None:
    """The story told all that it was made for; a change of the seed must not quietly take something away."""
    charges = hitpay_truth(life.shop.simulator, ACCOUNT)["charges"]
    sales = life.books.sales.values()
    references = {reference for _kind, reference in life.books.documents}
    stories = {
        "cash": any(row["status"] == "succeeded_manually" for row in charges),
        "void before posting": any(row["status"] == "void" and row["id"] not in life.books.sales for row in charges),
        "void after posting": any(sale.reversed for sale in sales),
        "fees corrected twice": any(sale.corrections > 1 for sale in sales),
        "several refunds of a sale": any(len(sale.refunds) > 1 for sale in sales),
        "refunds of summaries": any(name.startswith("HPR-20") and name[14:15] == "-" for name in references),
        "supplements": any(name.startswith("HP-20") and name[17:].startswith("-") for name in references),
        "three currencies": {doc.currency for doc in life.books.documents.values()} == {"SGD", "USD", "JPY"},
        "both groupings": {sale.in_summary for sale in sales} == {True, False},
        "rounding named": any(differences().values()),
        "periods without sync": len(life.books.periods) == 5,
        "transfers": len(transfers(life)) > 3,
        "transfers to two accounts": len({doc.accounts[1] for doc in transfers(life)}) == 2,
        "payouts held": sum(fate == "held" for fate in life.books.payouts.values()) > 3,
        "payouts left out": sum(fate == "left out" for fate in life.books.payouts.values()) > 3,
        "payouts of a reversed sale": any(sale.reversed and sale.charge["payout_id"] for sale in sales),
        "refunds of what was paid out": any(sale.refunds and sale.charge["payout_id"] for sale in sales),
    }
    assert [name for name, told in stories.items() if not told] == []


def documents_are_exactly_those_due(life: Life, zoho: ZohoSide) -> None:
    found = [zoho.described(kind, row) for kind, row in ZohoSide(zoho.book).new_rows()]
    nothing_apart(found, list(life.books.documents.values()), "after ninety days")


def no_charge_is_in_two_sets() -> None:
    sets = sa.func.count(sa.distinct(Effect.group_key))
    with read() as session:
        twice = session.scalars(
            sa.select(EffectMovement.movement_id)
            .join(Effect, Effect.id == EffectMovement.effect_id)
            .where(Effect.action == "create_invoice")
            .group_by(EffectMovement.movement_id)
            .having(sets > 1)
        ).all()
    assert twice == []


def records_add_up(life: Life) -> None:
    """Each charge HitPay lists is one record with one fate, and so is each refund, and each payout since enabling."""
    truth = hitpay_truth(life.shop.simulator, ACCOUNT)
    listed = [row for row in truth["charges"] if row["status"] in LISTED]
    provider: dict[str, Decimal] = defaultdict(Decimal)
    for row in listed:
        provider[row["currency"].upper()] += gross_of(row)
    for row in truth["refunds"]:
        provider[row["currency"].upper()] -= row["amount_refunded"]
    counted = tallies.of_business(life.shop.business)
    sales, paid_out = counted.sales.values(), counted.payouts.values()
    since = life.books.periods[0][0]
    records: dict[str, Decimal] = defaultdict(Decimal)
    for money in (one for tally in sales for one in tally.values):
        records[money.currency] += money.amount

    assert sum(tally.count for tally in sales) == len(listed) + len(truth["refunds"])
    assert records == provider
    due = sum(datetime.fromisoformat(row["created_at"]) >= since for row in truth["payouts"])
    assert sum(tally.count for tally in paid_out) == due
    with read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Movement.decision.is_(None))) == 0


def second_run_asks_nothing(life: Life, zoho: ZohoSide) -> None:
    shop: Shop = life.shop
    shop.outside = wiring.build(shop.app.extensions["config"], shop.clock, {SIMULATOR_URL: shop.transport})
    before = shop.truth()["calls_total"]
    run = shop.sync()
    assert (run.outcome, run.calls, shop.truth()["calls_total"] - before) == (outcome_due(life), 0, 0)
    assert zoho.new_rows() == []
