"""Whether a business is watched at all, and what of it a letter tells."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.incidents import Cause
from app.domain.letters import Subject
from app.services.alerts import waiting
from app.services.connections.connection_health import LOGGED_IN
from app.services.outside import Outside
from app.store import alerting
from app.store.businesses import Business
from app.store.connections import of_business
from app.store.incidents import Incident
from app.store.runs import Run
from app.store.settings import is_open

WENT_THROUGH = ("fine", "attention")


def is_watched(session: Session, business_id: int) -> bool:
    """Whether its troubles are incidents: sync is on, both sides have a login, and a sync went through before.

    Before the first one went through a person is still setting it up and looks on.
    """
    sides = [of_business(session, business_id, side) for side in ("provider", "books")]
    logged_in = all(row is not None and row.status in LOGGED_IN for row in sides)
    return logged_in and is_open(session, business_id) and last_success(session, business_id) is not None


def is_mailed(session: Session, business_id: int) -> bool:
    """Whether mails may be queued for it: it is watched and a person didn't pause them."""
    return alerting.settings_of(session, business_id).paused_at is None and is_watched(session, business_id)


def last_success(session: Session, business_id: int) -> datetime | None:
    """When the last run that went through ended."""
    return session.scalar(
        sa.select(sa.func.max(Run.ended_at)).where(Run.business_id == business_id, Run.outcome.in_(WENT_THROUGH))
    )


def home_of(outside: Outside, slug: str) -> str:
    """The address of a business's pages, with a slash at its end."""
    return f"{outside.public_url.rstrip('/')}/b/{slug}/"


def subject_of(session: Session, outside: Outside, incident: Incident) -> Subject:
    """What a letter tells of an incident of a business, as it is now."""
    business = session.get_one(Business, incident.business_id)
    return Subject(
        name=business.name,
        home=home_of(outside, business.slug),
        time_zone=business.time_zone,
        cause=Cause(incident.cause),
        side=incident.side,
        began_at=incident.began_at,
        last_success=last_success(session, business.id),
        wait=waiting.waiting(session, business.id),
    )
