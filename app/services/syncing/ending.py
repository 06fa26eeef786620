"""Endings: how a run came out, in an outcome, a sentence and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from app.domain.effects import OPEN_STATES, State
from app.domain.fates import RULES, WITH_DOCUMENTS, Fate
from app.services.outside import Outside
from app.services.syncing import runs
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect
from app.store.runs import Run


@dataclass
class Ending:
    """How a run ends, unless something worse comes. `note` is said besides, `heed` if it needs a person."""

    outcome: str = "fine"
    sentence: str = ""
    detail: str = ""
    note: str = ""
    heed: bool = False
    read_nothing: bool = True
    calls: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def tell(self, sentence: str, *, heed: bool = False) -> None:
        """Let the run tell one thing more; `heed` if a person has to."""
        self.note = f"{self.note} {sentence}".strip()
        self.heed = self.heed or (heed and bool(sentence))

    def worsen(self, outcome: str, sentence: str, detail: str = "") -> None:
        if not self.sentence:
            self.outcome, self.sentence, self.detail = outcome, sentence, detail


def close(outside: Outside, run_id: int, business_id: int, ending: Ending) -> None:
    """Close a run with what it came to."""
    counts = ending.counts | _counts(business_id)
    with read() as session:
        counts["posted"] = session.get_one(Run, run_id).done
    if ending.outcome == "fine" and (counts["held"] + counts["failed"] or ending.heed):
        ending.outcome = "attention"
    sentence = f"{ending.sentence or _summary(counts)} {ending.note}".strip()
    detail, nothing = ending.detail, ending.read_nothing
    runs.end(outside, run_id, ending.outcome, sentence, detail, ending.calls, counts, read_nothing=nothing)


def _counts(business_id: int) -> dict[str, int]:
    """Effects that still need something, and charges that wait or are held by a rule."""
    by_state = _grouped(Effect.state, Effect.business_id == business_id)
    by_rule = _grouped(Movement.decision, Movement.business_id == business_id, Movement.decision.not_in(WITH_DOCUMENTS))
    fates = {fate: sum(number for rule, number in by_rule.items() if RULES[rule].fate == fate) for fate in Fate}
    return {
        "held": by_state.get(State.HELD.value, 0) + fates[Fate.HELD],
        "failed": by_state.get(State.REFUSED.value, 0),
        "waiting": sum(by_state.get(state.value, 0) for state in OPEN_STATES) + fates[Fate.WAITING],
        "excluded": fates[Fate.EXCLUDED],
    }


def _grouped(column: sa.ColumnElement[Any] | Any, *where: sa.ColumnElement[bool]) -> dict[str, int]:
    with read() as session:
        rows = session.execute(sa.select(column, sa.func.count()).where(*where).group_by(column))
        return {str(name): number for name, number in rows}


def _summary(counts: dict[str, int]) -> str:
    posted = counts["posted"]
    said = f"{posted} documents posted." if posted != 1 else "1 document posted."
    if not posted:
        said = "Nothing new to post."
    if counts["held"]:
        said += f" {counts['held']} held."
    if counts["failed"]:
        said += f" {counts['failed']} failed."
    return said
