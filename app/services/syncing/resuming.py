"""Resuming: a person has connected again what an incident was about, so what waited is posted at once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.services.outside import Outside
from app.services.syncing import runs
from app.store import health, incidents
from app.store.db import read
from app.store.runs import Run


def run_due(outside: Outside) -> list[int]:
    """Queue one run for every business that was connected again and had none since; the ids of the runs."""
    with read() as session:
        wanted = []
        for business_id in incidents.businesses_with_open(session):
            known = health.of_business(session, business_id)
            for incident in incidents.open_ones(session, business_id):
                again = known[incident.side].reconnected_at if incident.side in known else None
                if again and again > incident.began_at and not _ran_since(session, business_id, again):
                    wanted.append(business_id)
    ready = (key for key in dict.fromkeys(wanted) if not runs.why_not_ready(outside, key))
    return [runs.request(outside, key, "reconnected") for key in ready]


def _ran_since(session: Session, business_id: int, instant: datetime) -> bool:
    wanted = sa.select(Run.id).where(Run.business_id == business_id, Run.requested_at >= instant).limit(1)
    return session.scalar(wanted) is not None
