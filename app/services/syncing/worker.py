"""The worker: takes queued runs and works them off. Pages, commands and the clock only queue."""

from __future__ import annotations

import sqlalchemy as sa

from app.domain.effects import State
from app.services import stopping
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.syncing import runs, sync
from app.store.connections import Connection
from app.store.db import read
from app.store.outbox import Effect
from app.store.runs import Run


def run_due(outside: Outside) -> int:
    """Work off every queued run that nobody else takes; how many were tried."""
    queued = runs.queued_ids()
    for run_id in queued:
        if stopping.is_asked():
            break  # what waits is taken by the next start
        sync.execute(outside, run_id)
    return len(queued)


def tend(outside: Outside) -> None:
    """Take up what a dead worker left, queue look-ups that are due, revoke abandoned consents."""
    for business_id in runs.end_abandoned(outside.clock.now()):
        runs.request(outside, business_id, "look_up")
    for business_id in _with_due_doubts(outside):
        runs.request(outside, business_id, "look_up")
    books_connection.expire_abandoned(outside)


def _with_due_doubts(outside: Outside) -> list[int]:
    """Businesses whose doubts may be looked up now, or where a run that failed left something half sent.

    Without a working login a run could do nothing, tick after tick.
    """
    idle = ~sa.select(Run.id).where(Run.business_id == Effect.business_id, Run.state != "ended").exists()
    in_doubt = sa.and_(Effect.state == State.IN_DOUBT.value, Effect.not_before <= outside.clock.now())
    with read() as session:
        due = (
            sa.select(Effect.business_id)
            .join(Connection, Connection.business_id == Effect.business_id)
            .where(Connection.side == books_connection.SIDE, Connection.status == "connected")
            .where(sa.or_(in_doubt, sa.and_(Effect.state == State.SENDING.value, idle)))
        )
        return list(session.scalars(due.distinct()))
