"""Measures: the figures for machines that watch this install. Stored verdicts only; nothing outside is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.fates import RULES, Fate
from app.services.alerts import waiting
from app.services.alerts.watching import WENT_THROUGH
from app.services.outside import Outside
from app.store import mails
from app.store.db import read
from app.store.health import SideHealth
from app.store.incidents import Incident
from app.store.movements import Movement
from app.store.outbox import Effect
from app.store.runs import Run
from app.store.settings import SyncWindow

_HELD = [name for name, rule in RULES.items() if rule.fate is Fate.HELD]


@dataclass(frozen=True)
class Measures:
    """`last_success_age_seconds` is of the business (with sync on) that waits longest, None if none ever synced.

    `parked` counts documents and records that need a person, `unknown` documents in doubt, `sides` the health states.
    """

    last_success_age_seconds: int | None
    oldest_unposted_charge_age: int | None
    parked: int
    unknown: int
    outbox_queued: int
    outbox_failed: int
    incidents_open: int
    mail_server_down: int
    runs: dict[str, int]
    effects: dict[str, int]
    sides: dict[str, int]

    @property
    def ok(self) -> bool:
        return not self.incidents_open


def measure(outside: Outside) -> Measures:
    """The figures now."""
    now = outside.clock.now()
    with read() as session:
        effects = _counted(session, Effect.state)
        oldest = waiting.oldest_waiting(session)
        parked = effects.get("held", 0) + effects.get("refused", 0)
        by_rule = sa.select(sa.func.count()).select_from(Movement).where(Movement.decision.in_(_HELD))
        troubles = session.execute(sa.select(Incident.side).where(Incident.healed_at.is_(None))).scalars().all()
        return Measures(
            last_success_age_seconds=_last_success_age(session, now),
            oldest_unposted_charge_age=int((now - oldest).total_seconds()) if oldest else None,
            parked=parked + (session.scalar(by_rule) or 0),
            unknown=effects.get("in_doubt", 0),
            outbox_queued=mails.count_in(session, "queued"),
            outbox_failed=mails.count_in(session, "failed"),
            incidents_open=sum(side != "mail" for side in troubles),
            mail_server_down=sum(side == "mail" for side in troubles),
            runs=_counted(session, Run.outcome),
            effects=effects,
            sides=_counted(session, SideHealth.state, SideHealth.side != "sync"),
        )


def _last_success_age(session: Session, now: datetime) -> int | None:
    last = (
        sa.select(sa.func.max(Run.ended_at).label("at"))
        .join(SyncWindow, sa.and_(SyncWindow.business_id == Run.business_id, SyncWindow.closed_at.is_(None)))
        .where(Run.outcome.in_(WENT_THROUGH))
        .group_by(Run.business_id)
        .subquery()
    )
    found = session.scalar(sa.select(sa.func.min(last.c.at)))
    return int((now - found).total_seconds()) if found else None


def _counted(session: Session, column: Any, *where: sa.ColumnElement[bool]) -> dict[str, int]:
    rows = session.execute(sa.select(column, sa.func.count()).where(*where).group_by(column))
    return {str(name): int(number) for name, number in rows if name is not None}
