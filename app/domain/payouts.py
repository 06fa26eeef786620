"""Payouts: one transfer from the clearing account to the bank, if the books hold exactly what was paid out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from app.domain.charges import Payout, PayoutMember
from app.domain.documents import Transfer
from app.domain.fates import DOCUMENTS, Fate
from app.domain.money import Money, total
from app.domain.planning import Decision, DocumentSet, Plan, PlanFacts
from app.domain.references import for_payout
from app.domain.rules import in_force_at
from app.domain.windows import why_outside
from app.domain.zones import accounting_date

IN_BOOKS = frozenset({Fate.POSTED, Fate.IN_SUMMARY})


class SettledRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund of a charge that was paid out: its fate, and what it takes in the home currency."""

    refunded_at: datetime
    home: Money
    fate: Fate


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a charge that was paid out.

    `net` is what it brings to the clearing account after fees, before refunds, in the home currency; None if unknown.
    `account` is that clearing account, "" for one that isn't in the books.
    """

    fate: Fate
    net: Money | None
    account: str = ""
    refunds: tuple[SettledRefund, ...] = ()


class _Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A payout taken apart, all in its currency. `waiting` counts charges and refunds that aren't through yet."""

    posted: Money
    excluded: Money
    unexplained: Money
    in_books: int
    left_out: int
    waiting: int


def plan_payouts(payouts: Sequence[Payout], settled: Mapping[str, Settled], facts: PlanFacts) -> Plan:
    """One decision per payout and a transfer for each that ties to the cent.

    `settled` holds the charges known, by id; one that isn't known was made while sync was off, or is yet to be read.
    """
    ready: list[Payout] = []
    decisions: list[Decision] = []
    for payout in sorted(payouts, key=lambda one: (one.paid_at, one.id)):
        not_now = _left_out(payout, facts) or _untied(payout, settled, facts) or _locked(payout, facts)
        decisions.append(not_now or Decision(payout.id, DOCUMENTS))
        if not not_now:
            ready.append(payout)
    return Plan(tuple(_transfer(payout, settled, facts) for payout in ready), tuple(decisions))


def is_wanted(payout: Payout, facts: PlanFacts) -> bool:
    """Whether it matters what a payout is made of: it isn't left out whatever its charges are."""
    return _left_out(payout, facts) is None


def _left_out(payout: Payout, facts: PlanFacts) -> Decision | None:
    """The rule that decides without a look at the charges, or None."""
    outside = why_outside(facts.windows, payout.created_at)
    if outside:
        return Decision(payout.id, outside)
    if not _account(payout, facts):
        return Decision(payout.id, "payout_not_mapped")
    if payout.amount.amount <= 0:
        return Decision(payout.id, "payout_negative" if payout.amount else "zero_amount")
    if payout.amount.currency != facts.rules.clearing_currency:
        return Decision(payout.id, "clearing_currency", payout.amount.currency)
    return None


def _account(payout: Payout, facts: PlanFacts) -> str:
    """Where it goes: nowhere if no account was chosen when it was made, else where payouts go now."""
    then = in_force_at(facts.versions, payout.created_at).payout_account
    goes = (facts.rules.payout_account or then) if then else ""
    return goes if goes != facts.rules.bank_account else ""


def _untied(payout: Payout, settled: Mapping[str, Settled], facts: PlanFacts) -> Decision | None:
    """Why the books can't take it yet, or None if what they hold of it is exactly its amount."""
    found = _taken_apart(payout, settled, facts)
    if found.waiting:
        verb = "isn't" if found.waiting == 1 else "aren't"
        return Decision(payout.id, "payout_waits", f"{found.waiting:,} of which {verb} in the books yet")
    if found.posted == payout.amount:
        several = len(_accounts(payout, settled)) > 1
        return Decision(payout.id, "payout_in_several", "") if several else None
    if found.left_out and not found.in_books and not found.unexplained:
        return Decision(payout.id, "payout_of_excluded")
    parts = (("posted", found.posted), ("excluded", found.excluded), ("unexplained", found.unexplained))
    return Decision(payout.id, "payout_differs", ", ".join(f"{word} {_plain(amount)}" for word, amount in parts))


def _accounts(payout: Payout, settled: Mapping[str, Settled]) -> set[str]:
    """The clearing accounts on which its charges lie: they stay there when another Bank Account is chosen."""
    members = (settled.get(one.charge_id) for one in payout.members)
    return {one.account for one in members if one and one.account}


def _plain(amount: Money) -> str:
    return str(amount).partition(" ")[2]


def _taken_apart(payout: Payout, settled: Mapping[str, Settled], facts: PlanFacts) -> _Figures:
    members = [settled.get(one.charge_id) or _unknown(one, facts) for one in payout.members]
    refunds = [refund for one in members for refund in one.refunds if _is_before(refund, payout)]
    fates = [one.fate for one in members] + [one.fate for one in refunds]
    known = [(one.fate, one.net) for one in members if one.net] + [(one.fate, -one.home) for one in refunds]
    own = [(fate, amount) for fate, amount in known if amount.currency == payout.amount.currency]
    posted = _sum(own, IN_BOOKS, payout)
    excluded = _sum(own, {Fate.EXCLUDED}, payout)
    return _Figures(
        posted=posted,
        excluded=excluded,
        unexplained=payout.amount - posted - excluded,
        in_books=sum(fate in IN_BOOKS for fate in fates),
        left_out=sum(fate is Fate.EXCLUDED for fate in fates),
        waiting=sum(fate not in IN_BOOKS and fate is not Fate.EXCLUDED for fate in fates),
    )


def _sum(amounts: Iterable[tuple[Fate, Money]], fates: frozenset[Fate] | set[Fate], payout: Payout) -> Money:
    return total((amount for fate, amount in amounts if fate in fates), payout.amount.currency)


def _unknown(member: PayoutMember, facts: PlanFacts) -> Settled:
    """A charge we don't have: not read yet if it was made while sync was on, else one that is left out."""
    outside = why_outside(facts.windows, member.created_at)
    return Settled(fate=Fate.EXCLUDED if outside else Fate.WAITING, net=member.net)


def _is_before(refund: SettledRefund, payout: Payout) -> bool:
    """Whether a refund was made by the time of the payout, whose instant may be told in whole seconds only."""
    return refund.refunded_at.replace(microsecond=0) <= payout.created_at


def _locked(payout: Payout, facts: PlanFacts) -> Decision | None:
    held = facts.is_held(accounting_date(payout.paid_at, facts.zone))
    return Decision(payout.id, "locked_period", facts.locked_words()) if held else None


def _transfer(payout: Payout, settled: Mapping[str, Settled], facts: PlanFacts) -> DocumentSet:
    reference, count = for_payout(payout.id), len(payout.members)
    source = next(iter(_accounts(payout, settled)), facts.rules.bank_account)
    transfer = Transfer(
        reference=reference,
        date=accounting_date(payout.paid_at, facts.zone),
        amount=payout.amount,
        from_account_id=source,
        to_account_id=_account(payout, facts),
        description=f"HitPay payout of {count:,} {'charge' if count == 1 else 'charges'}",
    )
    return DocumentSet(reference, (transfer,), (payout.id,))
