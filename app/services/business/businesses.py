"""Businesses: made, listed and found."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from app.domain.zones import UnknownZoneError, zone_of
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.store import businesses as table
from app.store.businesses import Business, Membership
from app.store.db import read, write
from app.store.leases import Lease

NAME_LENGTH = 120


@dataclass(frozen=True)
class BusinessView:
    """One business as pages need it. `time_zone` is Zoho's once it is connected."""

    id: int
    slug: str
    name: str
    provider: str
    time_zone: str
    role: str = ""


def create(outside: Outside, name: str, time_zone: str, owner_id: int, provider: str = "hitpay") -> BusinessView:
    """A new business with its maker as owner; Refusal for a name or zone that can't be used."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise Refusal(f"Give the business a name of 1 to {NAME_LENGTH} letters.", field="name")
    try:
        zone_of(time_zone)
    except UnknownZoneError as error:
        raise Refusal("Choose a time zone from the list.", field="time_zone") from error
    for number in range(1, 1000):
        try:
            return _insert(outside, name, _slug(name, number), time_zone, owner_id, provider)
        except IntegrityError:
            continue
    raise Refusal("Too many businesses have this name. Choose another one.", field="name")


def _insert(outside: Outside, name: str, slug: str, zone: str, owner_id: int, provider: str) -> BusinessView:
    now = outside.clock.now()
    with write() as session:
        row = Business(name=name, slug=slug, time_zone=zone, provider=provider, created_at=now)
        session.add(row)
        session.flush()
        session.add(Membership(user_id=owner_id, business_id=row.id, role="owner"))
        session.add(Lease(business_id=row.id, owner="", fence=0, expires_at=now))
        return _view(row, "owner")


def _slug(name: str, number: int) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "business"
    return slug if number == 1 else f"{slug}-{number}"


def for_member(user_id: int, slug: str) -> BusinessView | None:
    """The business of this address part with the person's role in it; None if he has none there."""
    with read() as session:
        row = table.by_slug(session, slug)
        role = table.role_in(session, user_id, row.id) if row else None
        return _view(row, role) if row and role else None


def of_member(user_id: int) -> list[BusinessView]:
    """The businesses a person belongs to, by name."""
    with read() as session:
        return [_view(row, role) for row, role in table.of_user(session, user_id)]


def every() -> list[BusinessView]:
    """All businesses of this install, by name."""
    with read() as session:
        return [_view(row, "") for row in table.all_businesses(session)]


def by_slug(slug: str) -> BusinessView | None:
    """The business of this address part, whoever asks."""
    with read() as session:
        row = table.by_slug(session, slug)
        return _view(row, "") if row else None


def _view(row: Business, role: str) -> BusinessView:
    return BusinessView(row.id, row.slug, row.name, row.provider, row.time_zone, role)
