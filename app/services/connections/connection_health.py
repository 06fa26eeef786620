"""What runs and health checks learn of a connection, written within the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.domain import health as rules
from app.domain.health import Health, State, Trouble
from app.logs import scrubbed
from app.ports import InDoubt, NotConnected, OutsideError, Refused, Temporary
from app.store import health as table
from app.store.connections import Connection, of_business
from app.store.health import SideHealth

LOGGED_IN = ("connected", "failed")
_NO_ACCESS = frozenset({"missing_permission", "organization", "trial_over"})


def trouble_of(error: OutsideError) -> Trouble | None:
    """What an error says of the connection; None if it says nothing, because only one request was refused."""
    match error:
        case NotConnected():
            return Trouble.LOGIN
        case Temporary(daily=True):
            return Trouble.QUOTA
        case Temporary(retry_after=None) | InDoubt():
            return Trouble.UNREACHABLE
        case Temporary():
            return Trouble.BUSY
        case Refused(cause=cause) if cause in _NO_ACCESS:
            return Trouble.ACCESS
    return None


def note_working(session: Session, business_id: int, side: str, now: datetime) -> Health | None:
    """A call went through; a failed connection is connected again. None if there is no such connection."""
    row = of_business(session, business_id, side)
    if row is None:
        return None
    row.last_success_at = now
    if row.status == "failed":
        row.status, row.since, row.trouble, row.trouble_detail = "connected", now, None, None
    stored = table.ensure(session, business_id, side, now)
    learned = rules.works(health_of(stored), now)
    _keep(stored, learned)
    stored.sentence = stored.detail = ""
    return learned


def note_failure(session: Session, business_id: int, side: str, error: OutsideError, now: datetime) -> Health | None:
    """A call failed. A login that is turned down fails the connection at once, whatever the health makes of it.

    None if the error says nothing of the connection, or if nobody is logged in there.
    """
    row, trouble = of_business(session, business_id, side), trouble_of(error)
    if row is None or row.status not in LOGGED_IN or trouble is None:
        return None
    if trouble is Trouble.LOGIN:
        _fail(row, error, now)
    stored = table.ensure(session, business_id, side, now)
    learned = rules.fails(health_of(stored), trouble, side, now)
    _keep(stored, learned)
    stored.sentence, stored.detail = scrubbed(str(error)), scrubbed(error.detail)[:500]
    return learned


def _fail(row: Connection, error: OutsideError, now: datetime) -> None:
    if row.status == "connected":
        row.status, row.since = "failed", now
        row.trouble, row.trouble_detail = str(error), error.detail


def health_of(row: SideHealth) -> Health:
    """A stored row as the rules take it."""
    return Health(
        state=State(row.state),
        since=row.since,
        trouble=row.trouble,
        tries=row.tries,
        first_failure=row.first_failure,
        last_success=row.last_success,
        next_try=row.next_try,
    )


def _keep(row: SideHealth, learned: Health) -> None:
    row.state, row.since, row.trouble, row.tries = learned.state.value, learned.since, learned.trouble, learned.tries
    row.first_failure, row.last_success, row.next_try = learned.first_failure, learned.last_success, learned.next_try
