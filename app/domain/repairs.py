"""Repairs: what a person may do about a document that is stuck, or a record that is held, and why not. Pure.

What decides is whether the books may hold the document. A refusal and a locked period mean that nothing was written. A
write that nobody answered may have been done, or be on its way while its quarantine lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from app.domain.documents import DocumentKind
from app.domain.effects import State
from app.domain.fates import RULES, WITH_DOCUMENTS, Fate
from app.domain.money import Money


class Repair(StrEnum):
    """What a person can do. The values stand in addresses, forms and the proof log."""

    CHECK = "check"
    SEND = "send"
    ADOPT = "adopt"
    BY_HAND = "by_hand"
    LEAVE_OUT = "leave_out"


BETWEEN_LOOKS = timedelta(minutes=10)
"""Two looks that found nothing settle a doubt, and a list may lag: so much lies between them, whoever asks."""


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """What decides on the repairs of a document.

    `lookups` counts those that found nothing since it came in doubt, `looked_at` is the last of any; until the
    quarantine is over, what was sent may still land. `others_absent`: the books surely hold nothing of its set.
    """

    state: State
    held_by: str = ""
    lookups: int = 0
    looked_at: datetime | None = None
    quarantine_until: datetime | None = None
    others_absent: bool = True


class Offer(msgspec.Struct, frozen=True):
    """One repair; it is offered if there is no reason why not."""

    repair: Repair
    why_not: str = ""

    @property
    def offered(self) -> bool:
        return not self.why_not


NEEDS_PERSON = (State.IN_DOUBT, State.HELD, State.REFUSED)

_IN_DOUBT = "Nobody knows yet whether Zoho Books has it: sending it again could make a second one. Check again first."
_MAY_BE_THERE = "Zoho Books may hold it: sending it again could make a second one."
_LANDING = "It may still be on its way into Zoho Books. In a few minutes that is over."
_SET = "Other documents of the same sale are in Zoho Books, or may be. Delete them there, or enter this one by hand."
_THERE = "Zoho Books may hold it. Delete it there and check again, and once it isn't found it can be left out."


def is_absent(stuck: Stuck) -> bool:
    """Whether the books surely don't hold the document."""
    if stuck.state is State.HELD:
        return stuck.held_by == "locked"
    return stuck.state in (State.PLANNED, State.REFUSED) or (stuck.state is State.IN_DOUBT and stuck.lookups > 0)


def offers_for(stuck: Stuck, now: datetime) -> tuple[Offer, ...]:
    """Every repair of a stuck document with the reason where one isn't right; none where nothing is to be repaired."""
    if stuck.state is State.PLANNED:
        return (Offer(Repair.LEAVE_OUT, "" if stuck.others_absent else _SET),)
    if stuck.state not in NEEDS_PERSON:
        return ()
    landing = _is_landing(stuck, now)
    return (
        Offer(Repair.CHECK, _LANDING if landing else _why_not_check(stuck, now)),
        Offer(Repair.SEND, _why_not_send(stuck)),
        Offer(Repair.ADOPT, _LANDING if landing else ""),
        Offer(Repair.BY_HAND, _LANDING if landing else ""),
        Offer(Repair.LEAVE_OUT, _LANDING if landing else _why_not_leave_out(stuck)),
    )


def _is_landing(stuck: Stuck, now: datetime) -> bool:
    until = stuck.quarantine_until
    return stuck.state is State.IN_DOUBT and not stuck.lookups and until is not None and now < until


def _why_not_check(stuck: Stuck, now: datetime) -> str:
    if stuck.state is State.IN_DOUBT:
        soon = stuck.looked_at is not None and now < stuck.looked_at + BETWEEN_LOOKS
        return "It was looked up just now. Ten minutes have to lie between two looks." if soon else ""
    if not is_absent(stuck):
        return ""
    said = "Zoho Books refused it" if stuck.state is State.REFUSED else "It was never written, the period being locked"
    return f"{said}, so there is nothing to look for."


def _why_not_send(stuck: Stuck) -> str:
    if stuck.state is State.REFUSED or stuck.held_by == "locked":
        return ""
    return _IN_DOUBT if stuck.state is State.IN_DOUBT else _MAY_BE_THERE


def _why_not_leave_out(stuck: Stuck) -> str:
    if not is_absent(stuck):
        return _THERE
    return "" if stuck.others_absent else _SET


FOLLOWERS = {
    DocumentKind.INVOICE: (DocumentKind.CUSTOMER_PAYMENT,),
    DocumentKind.CREDIT_NOTE: (DocumentKind.CREDIT_NOTE_REFUND,),
}
"""Kinds that can't be written without the books' own id of another document: who enters that one enters these too."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What of a document is compared: as it should be, or as the books hold it. "" and None mean: not told."""

    total: Money
    date: str
    customer_id: str = ""
    account_id: str = ""
    status: str = ""
    number: str = ""


def differences(should: Found, found: Found) -> tuple[str, ...]:
    """In what a record of the books differs from the document it would stand for, each as a sentence."""
    said = []
    if found.total.currency != should.total.currency:
        said.append(f"It is in {found.total.currency}, not in {should.total.currency}.")
    elif found.total != should.total:
        said.append(f"It is over {found.total}, not over {should.total}.")
    if found.date != should.date:
        said.append(f"It is dated {found.date}, not {should.date}.")
    if should.customer_id and found.customer_id and found.customer_id != should.customer_id:
        said.append("It is made out to another customer.")
    if should.account_id and found.account_id and found.account_id != should.account_id:
        said.append("It is on another account than the Bank Account in Settings.")
    return tuple(said)


LEFT_OUT = "left_out_by_hand"
"""The rule by which a record is excluded that a person left out."""


def record_offers(decision: str | None, kind: str, *, known_home: bool) -> tuple[Offer, ...]:
    """The repairs of a record without documents: none unless a rule holds it or makes it wait."""
    if decision is None or decision in WITH_DOCUMENTS or RULES[decision].fate not in (Fate.HELD, Fate.WAITING):
        return ()
    if RULES[decision].fate is Fate.WAITING:
        return (Offer(Repair.LEAVE_OUT),)
    unknown = "HitPay names no amount in the currency of your Bank Account, so Tieout couldn't count it."
    refund = "Its documents are repaired once they are planned. Until then it can only be left out."
    why_not = "" if known_home else (refund if kind == "refund" else unknown)
    return (Offer(Repair.BY_HAND, why_not), Offer(Repair.LEAVE_OUT))


def waits_for_repair(states: Sequence[State]) -> bool:
    """Whether one of these documents needs a person."""
    return any(state in NEEDS_PERSON for state in states)
