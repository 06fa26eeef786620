"""What a run learns of a connection: that its login works, or that it doesn't any more."""

from __future__ import annotations

from app.ports import OutsideError
from app.services.outside import Outside
from app.store.connections import of_business
from app.store.db import write


def mark_failed(outside: Outside, business_id: int, side: str, error: OutsideError) -> None:
    """Note that the stored login doesn't work any more."""
    with write() as session:
        row = of_business(session, business_id, side)
        if row and row.status == "connected":
            row.status, row.since = "failed", outside.clock.now()
            row.trouble, row.trouble_detail = str(error), error.detail


def mark_working(outside: Outside, business_id: int, side: str) -> None:
    """Note that a call went through; a failed connection is connected again."""
    now = outside.clock.now()
    with write() as session:
        row = of_business(session, business_id, side)
        if row is None:
            return
        row.last_success_at = now
        if row.status == "failed":
            row.status, row.since, row.trouble, row.trouble_detail = "connected", now, None, None
