"""The verdict on a world after the storm: invariants held against the simulator's own ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from app.simulator.contract import strict_log
from app.simulator.zoho_books import late
from tests.expected_books import Doc
from tests.faults.inside.scenes import found_in
from tests.faults.inside.stage import Stage

PARKED = ("held", "refused")


@dataclass
class Verdict:
    """What is wrong in one world, by the words of the report; all nought is right."""

    expected: int = 0
    found: int = 0
    duplicates: int = 0
    losses: int = 0
    cents_off: int = 0
    orphan_payments: int = 0
    stuck: int = 0
    violations: int = 0
    parked: int = 0
    unreasoned: int = 0
    sayings: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not (self.losses or self.cents_off or self.orphan_payments or self.stuck or self.violations
                    or self.unreasoned or self.duplicates)  # fmt: skip


def judge(stage: Stage, due: Counter[Doc]) -> Verdict:
    """Hold the books against the documents that are due, each exactly once (I1 to I4, I7), and the calls (I6)."""
    late.land(stage.state, stage.shop.clock)
    found = found_in(stage)
    made = Verdict(expected=due.total(), found=found.total())
    _documents(made, found, due)
    _money(made, stage)
    _effects(made, stage)
    problems = strict_log.violations(stage.state, "zoho_books", stage.shop.organization)
    made.violations = len(problems)
    made.sayings += [f"outside the contract: {one}" for one in problems[:3]]
    return made


def _documents(made: Verdict, found: Counter[Doc], due: Counter[Doc]) -> None:
    """By kind and reference: one each; a field that differs is a cent off, whatever field it is."""
    ours, theirs = _by_key(found), _by_key(due)
    for key in ours.keys() | theirs.keys():
        have, want = ours.get(key, []), theirs.get(key, [])
        if len(have) > max(len(want), 1) or (have and not want):
            made.duplicates += len(have) - len(want)
            made.sayings.append(f"{len(have)} times: {' '.join(key)}")
        elif len(have) < len(want):
            made.losses += len(want) - len(have)
            made.sayings.append(f"missing: {' '.join(key)}")
        elif have != want:
            made.cents_off += 1
            made.sayings.append(f"{have[0]} should be {want[0]}")


def _by_key(docs: Counter[Doc]) -> dict[tuple[str, str], list[Doc]]:
    grouped: dict[tuple[str, str], list[Doc]] = defaultdict(list)
    for doc in sorted(docs.elements()):
        grouped[doc.kind, doc.reference].append(doc)
    return grouped


def _money(made: Verdict, stage: Stage) -> None:
    """No payment without its invoice or above its balance; the simulator's own ledger balances."""
    book = stage.books.book
    for row in book.all("customer_payments"):
        applied = sum((one["amount_applied"] for one in row["invoices"]), Decimal(0))
        if applied != row["amount"] or any(book.peek("invoices", one["invoice_id"]) is None for one in row["invoices"]):
            made.orphan_payments += 1
            made.sayings.append(f"payment {row['reference_number']} of {row['amount']} has {applied} on invoices")
    if book.ledger.trial_balance():
        made.cents_off += 1
        made.sayings.append("the trial balance isn't nought")


def _effects(made: Verdict, stage: Stage) -> None:
    """The app's own words: nothing is left open, what is parked says why, and what waits for it in its group waits."""
    rows = stage.disk.execute(
        "SELECT action, reference, state, trouble, group_key FROM effects WHERE state <> 'done'"
    ).fetchall()
    parked = {group for _action, _reference, state, _trouble, group in rows if state in PARKED}
    for action, reference, state, trouble, group in rows:
        if state in PARKED:
            made.parked += 1
            made.unreasoned += not trouble
        elif state == "planned" and group in parked:
            made.parked += 1
        else:
            made.stuck += 1
            made.sayings.append(f"{action} {reference} is still {state}: {trouble}")
