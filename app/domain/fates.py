"""Fates: what became of a movement, by which named rule, in words a shop owner understands."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from app.domain.effects import State


class Fate(StrEnum):
    """What became of a movement."""

    POSTED = "posted"
    IN_SUMMARY = "in_summary"
    WAITING = "waiting"
    EXCLUDED = "excluded"
    HELD = "held"
    FAILED = "failed"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A named rule: the fate it gives, what it says, and what a person can do. `{detail}` is filled per movement."""

    fate: Fate
    says: str
    remedy: str = ""

    @property
    def reason(self) -> str:
        """Why, as the end of a sentence: without the fate, and without what is said of a single movement."""
        words = self.says.partition(": ")[2].partition(". ")[0]
        return words.partition(": {")[0].partition(", {")[0].rstrip(".")


RULES: dict[str, Rule] = {
    "before_sync": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: made before sync was enabled.",
        remedy="Only what is made while sync is on goes to Zoho Books. Enter this one by hand if it belongs there.",
    ),
    "sync_off": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: made while sync was off.",
        remedy="Only what is made while sync is on goes to Zoho Books. Enter this one by hand if it belongs there.",
    ),
    "channel_not_selected": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: channel not selected: {detail}.",
        remedy="Tick the channel in Settings. That affects charges made from then on.",
    ),
    "not_through_provider": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: not paid through HitPay.",
        remedy="It was marked as paid by hand, so HitPay holds no money for it.",
    ),
    "void": Rule(fate=Fate.EXCLUDED, says="Left out: void. It was cancelled before any money moved."),
    "refund_of_excluded": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: its charge isn't in the books.",
        remedy="A refund follows its sale. Enter it by hand if you entered the sale by hand.",
    ),
    "left_out_by_hand": Rule(
        fate=Fate.EXCLUDED,
        says="Left out by hand{detail}.",
        remedy="Somebody decided that it doesn't go to Zoho Books. Its refunds stay out with it.",
    ),
    "refund_waits": Rule(fate=Fate.WAITING, says="Waiting: goes to Zoho Books after its sale."),
    "payout_not_mapped": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: no Payout Account was chosen when it was made.",
        remedy="Choose one in Settings, under More settings. That affects payouts made from then on.",
    ),
    "payout_of_excluded": Rule(
        fate=Fate.EXCLUDED,
        says="Left out: none of its charges is in the books.",
        remedy="A payout follows its charges. Enter it by hand if you entered them by hand.",
    ),
    "payout_waits": Rule(
        fate=Fate.WAITING, says="Waiting: goes to Zoho Books after its charges and refunds, {detail}."
    ),
    "payout_in_several": Rule(
        fate=Fate.HELD,
        says="Held: its charges lie on several Bank Accounts, as another was chosen meanwhile.",
        remedy="Enter this payout by hand in Zoho Books, one transfer from each of them.",
    ),
    "payout_differs": Rule(
        fate=Fate.HELD,
        says="Held: what is in the books doesn't add up to it: {detail}.",
        remedy="It is compared again with each sync. If the difference stays, enter the transfer by hand.",
    ),
    "payout_negative": Rule(
        fate=Fate.HELD,
        says="Held: HitPay took money back with it instead of paying out.",
        remedy="Tieout can't tell what it was taken for. Enter this one by hand in Zoho Books.",
    ),
    "zero_amount": Rule(fate=Fate.EXCLUDED, says="Left out: its amount is zero."),
    "day_open": Rule(
        fate=Fate.WAITING,
        says="Waiting: posts with its day's summary, {detail}.",
        remedy="Invoice Grouping is Bulk: one set of documents a day, once the day has closed.",
    ),
    "not_captured": Rule(fate=Fate.WAITING, says="Waiting: HitPay has not taken the money yet."),
    "not_planned": Rule(
        fate=Fate.WAITING,
        says="Waiting: goes to Zoho Books with the next sync.",
    ),
    "locked_period": Rule(
        fate=Fate.HELD,
        says="Held: period locked until {detail}.",
        remedy="Open the period in Zoho Books (Settings, Transaction Locking) and press Sync Now. Or choose in "
        "Settings, More settings, to post on the first open day.",
    ),
    "summary_forgotten": Rule(
        fate=Fate.HELD,
        says="Held: Zoho Books holds {detail} for its day, but this database was put back and forgot what is in it.",
        remedy="Compare the day with HitPay's list. If this one is missing in Zoho Books, enter it by hand.",
    ),
    "foreign_currency": Rule(
        fate=Fate.HELD,
        says="Held: paid in {detail}.",
        remedy="It is a foreign charge in an organization whose base currency isn't HitPay's, so no rate is known "
        "that would bring the right amount to the Bank Account. Enter this one by hand.",
    ),
    "home_amount_missing": Rule(
        fate=Fate.HELD,
        says="Held: HitPay names no amount in your own currency for it.",
        remedy="It is read again with each sync and goes through once HitPay names the amount.",
    ),
    "clearing_currency": Rule(
        fate=Fate.HELD,
        says="Held: HitPay keeps your balance in {detail}, another currency than the chosen Bank Account.",
        remedy="Choose a Bank Account in that currency in Settings, then press Sync Now.",
    ),
}

REDECIDED = frozenset(name for name, rule in RULES.items() if rule.fate in (Fate.WAITING, Fate.HELD))
"""Decisions that are not final: each run looks at them again."""

DOCUMENTS = "documents"
"""The decision that a movement gets documents of its own: its fate is then told by their effects."""

SUMMARY = "summary"
"""The decision that a movement is in the documents of its day."""

WITH_DOCUMENTS = frozenset({DOCUMENTS, SUMMARY})

_WORST_FIRST = (State.REFUSED, State.HELD, State.IN_DOUBT, State.SENDING, State.PLANNED, State.DONE, State.LEFT_OUT)

_SETTLED = (State.DONE, State.LEFT_OUT)

_BY_STATE = {
    State.REFUSED: Fate.FAILED,
    State.HELD: Fate.HELD,
    State.IN_DOUBT: Fate.WAITING,
    State.SENDING: Fate.WAITING,
    State.PLANNED: Fate.WAITING,
}

_STATE_WORDS = {
    State.REFUSED: "Failed: Zoho Books refused it.",
    State.HELD: "Held: it needs a person.",
    State.IN_DOUBT: "Waiting: Zoho Books did not answer, so it is looked up before anything is sent again.",
    State.SENDING: "Waiting: it is being sent to Zoho Books now.",
    State.PLANNED: "Waiting: its documents are planned and go out with the next sync.",
}


def worst(states: Sequence[State]) -> State:
    """The state that decides; DONE for none."""
    return min(states, key=_WORST_FIRST.index, default=State.DONE)


def fate_of(decision: str | None, states: Sequence[State]) -> Fate:
    """The fate of a movement from the decision on it and the states of its effects."""
    if decision not in WITH_DOCUMENTS:
        return RULES[decision or "not_planned"].fate
    state = worst(states)
    if state in _SETTLED:
        return Fate.POSTED if decision == DOCUMENTS else Fate.IN_SUMMARY
    return _BY_STATE[state]


def sentence_for(decision: str | None, detail: str | None, states: Sequence[State]) -> str:
    """One sentence that says what became of a movement and why."""
    if decision not in WITH_DOCUMENTS:
        return RULES[decision or "not_planned"].says.format(detail=detail or "")
    state = worst(states)
    done = "In Zoho Books." if decision == DOCUMENTS else "In Zoho Books, in the summary of its day."
    return done if state in _SETTLED else _STATE_WORDS[state]


def remedy_for(decision: str | None) -> str:
    """What a person can do about a decision, "" where nothing is to be done."""
    return "" if decision in WITH_DOCUMENTS else RULES[decision or "not_planned"].remedy
