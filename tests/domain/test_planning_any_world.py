"""What holds of planning in every world: run after run, each seeing what was decided before, against raw figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from app.domain.charges import Charge, ChargeStatus, Refund
from app.domain.corrections import PostedSale, plan_corrections
from app.domain.documents import CreditNote
from app.domain.fates import REDECIDED, WITH_DOCUMENTS
from app.domain.money import Money
from app.domain.planning import DocumentSet, Plan, plan
from app.domain.references import day_named, refund_day_number
from app.domain.refunds import Sale, plan_refunds
from app.providers.hitpay.translate import charge_from
from tests.any_world import STEADY, AnyWorld, Reading, any_worlds
from tests.domain.planned import ACCOUNTS, described, facts_of, moved, refund_of
from tests.expected_books import ExpectedBooks
from tests.provider_truth import Row, gross_of, home_of

LISTED = ("succeeded", "refunded", "partially_refunded", "succeeded_manually", "void")


@dataclass
class Memory:
    """What a store remembers from plan to plan, by the provider's ids."""

    zone: ZoneInfo
    decisions: dict[str, str] = field(default_factory=dict)
    sets: list[DocumentSet] = field(default_factory=list)
    posted_in: dict[str, str] = field(default_factory=dict)
    fees: dict[str, Money] = field(default_factory=dict)
    corrected: Counter[str] = field(default_factory=Counter)
    reversed: set[str] = field(default_factory=set)
    days: dict[tuple[date, str], int] = field(default_factory=dict)
    refund_days: dict[str, int] = field(default_factory=dict)
    refunds: defaultdict[str, list[Refund]] = field(default_factory=lambda: defaultdict(list))

    def run(self, reading: Reading) -> tuple[list[DocumentSet], list[str]]:
        """Plan as a run does and remember it: the new sets, and the ids of all that was decided on."""
        facts = facts_of(self.zone, reading, self.days)
        charges = {row["id"]: charge_from(row) for row in reading.charges}
        refunds = [refund_of(row) for row in reading.refunds]
        changed = [self._posted(one, refunds) for one in charges.values() if self._is_changed(one)]
        sold = plan([one for one in charges.values() if self._is_open(one.id)], facts)
        self._remember(sold, charges)
        waiting = [one for one in refunds if self._is_open(one.id)]
        sales = {one.charge_id: self._sale(charges[one.charge_id]) for one in waiting}
        given_back = plan_refunds(waiting, sales, facts, self.refund_days)
        self._remember(given_back, charges)
        for one in waiting:
            if self.decisions[one.id] in WITH_DOCUMENTS:
                self.refunds[one.charge_id].append(one)
        corrections = plan_corrections(changed, facts)
        self._note(corrections, charges)
        decided = [one.movement_id for one in (*sold.decisions, *given_back.decisions)]
        return [*sold.sets, *given_back.sets, *corrections], decided

    def _is_open(self, key: str) -> bool:
        return self.decisions.get(key) is None or self.decisions[key] in REDECIDED

    def _is_changed(self, charge: Charge) -> bool:
        posted = charge.id in self.fees and charge.id not in self.reversed
        return posted and (charge.status is ChargeStatus.VOID or charge.fee != self.fees[charge.id])

    def _posted(self, charge: Charge, refunds: list[Refund]) -> PostedSale:
        return PostedSale(
            charge=charge,
            reference=self.posted_in[charge.id],
            fee_posted=self.fees[charge.id],
            fee_number=self.corrected[charge.id],
            refunds=tuple(one for one in refunds if one.charge_id == charge.id),
        )

    def _sale(self, charge: Charge) -> Sale:
        return Sale(
            charge_id=charge.id,
            decision=self.decisions.get(charge.id),
            reference=self.posted_in.get(charge.id, ""),
            gross=charge.gross,
            home=charge.home or charge.gross,
            refunds_before=tuple(self.refunds[charge.id]),
        )

    def _remember(self, made: Plan, charges: dict[str, Charge]) -> None:
        self.decisions |= {one.movement_id: one.rule for one in made.decisions}
        self.sets += made.sets
        for one in made.sets:
            day, (base, number) = day_named(one.key), refund_day_number(one.key)
            if day:
                self.days[day[0], day[1]] = day[2]
            if one.after:
                self.refund_days[base] = number
            else:
                self.posted_in |= dict.fromkeys(one.movement_ids, one.key)
                self.fees |= {key: charges[key].fee for key in one.movement_ids}

    def _note(self, corrections: tuple[DocumentSet, ...], charges: dict[str, Charge]) -> None:
        self.sets += corrections
        for one in corrections:
            (key,) = one.movement_ids
            if one.corrects == "sale":
                self.reversed.add(key)
            else:
                self.fees[key], self.corrected[key] = charges[key].fee, self.corrected[key] + 1


@given(any_worlds())
@settings(STEADY, max_examples=400)
def test_runs_in_any_world_plan_what_a_second_bookkeeper_expects(world: AnyWorld) -> None:
    memory, books = Memory(world.zone), ExpectedBooks(world.zone, ACCOUNTS)
    for reading in world.readings:
        books.grouping, books.locked_until = reading.decided[-1].grouping, reading.locked_until
        books.channels, books.periods = [(one.at, one.channels) for one in reading.decided], reading.periods
        due = books.run(reading.charges, reading.refunds, reading.now)
        sets, decided = memory.run(reading)
        documents = [document for one in sets for document in one.documents]

        assert Counter(map(described, documents)) == Counter(due)
        assert {key: money for document in documents for key, money in moved(document)} == {
            key: books.clearing[key] for key in ((one.kind, one.reference) for one in due) if key in books.clearing
        }
        assert max(Counter(decided).values(), default=1) == 1
        every_movement_has_one_fate(memory, reading)
        no_movement_is_in_two_sets(memory)
        refunds_keep_to_their_sales(memory, reading)


def every_movement_has_one_fate(memory: Memory, reading: Reading) -> None:
    """By fate, counts and sums add up to what HitPay tells, currency by currency."""
    told: dict[str, list[Decimal]] = defaultdict(list)
    for row in (one for one in reading.charges if one["status"] in LISTED or one["id"] in memory.decisions):
        told[row["currency"].upper()].append(gross_of(row))
    rows = {row["id"]: row for row in reading.charges}
    by_rule: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for key, rule in memory.decisions.items():
        if key in rows:
            by_rule[rule, rows[key]["currency"].upper()].append(gross_of(rows[key]))
    for currency, amounts in told.items():
        found = [amount for (_rule, own), some in by_rule.items() if own == currency for amount in some]
        assert (len(found), sum(found)) == (len(amounts), sum(amounts))
    assert {row["id"] for row in reading.refunds} <= set(memory.decisions)


def no_movement_is_in_two_sets(memory: Memory) -> None:
    members = Counter(key for one in memory.sets if not one.corrects for key in one.movement_ids)
    assert max(members.values(), default=1) == 1
    assert max(Counter(one.key for one in memory.sets).values(), default=1) == 1


def refunds_keep_to_their_sales(memory: Memory, reading: Reading) -> None:
    """Only for sales in the books, and never more than the sale; a whole one takes exactly its home cents."""
    rows = {row["id"]: row for row in reading.charges}
    refunds = {row["id"]: row for row in reading.refunds}
    credits: dict[str, Decimal] = defaultdict(Decimal)
    for one in memory.sets:
        for key in one.movement_ids if one.after else ():
            sale = refunds[key]["payment_id"] if key in refunds else key
            assert memory.posted_in[sale] == one.after
            if key in refunds:
                credits[sale] += refunds[key]["amount_refunded"]
            elif isinstance(one.documents[0], CreditNote):
                credits[sale] += one.documents[0].total.amount
    assert [key for key, amount in credits.items() if amount > gross_of(rows[key])] == []
    whole = {key for key, amount in credits.items() if amount == gross_of(rows[key])}
    for members, home in by_home(memory, refunds):
        if members <= whole:
            assert home == sum(home_of(rows[key]) or 0 for key in members)


def by_home(memory: Memory, refunds: dict[str, Row]) -> list[tuple[set[str], Decimal]]:
    """Sales whose credits share notes, with what all these notes took off the clearing account."""
    found: dict[str, tuple[set[str], Decimal]] = {}
    for one in memory.sets:
        for document in one.documents if one.after else ():
            if isinstance(document, CreditNote):
                members, home = found.get(one.after, (set[str](), Decimal(0)))
                members |= {refunds[key]["payment_id"] if key in refunds else key for key in one.movement_ids}
                worth = document.total if document.home is None else document.home
                found[one.after] = members, home + worth.amount
    return list(found.values())
