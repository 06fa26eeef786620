"""Ingest: what the provider tells becomes movements, and the cursor moves with the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.charges import LISTED_STATUSES, Charge, Refund
from app.domain.zones import accounting_date
from app.store.businesses import Business
from app.store.db import table_of, write
from app.store.movements import Movement, MovementVersion, by_provider_ids

_CHUNK = 500
_NEW_MOVEMENTS = sa.insert(table_of(Movement))


def ingest(
    business_id: int, charges: Sequence[Charge], zone: ZoneInfo, now: datetime, read_through: datetime | None
) -> int:
    """Insert new charges, keep the older version of changed ones, move the cursor if given; how many were new.

    The cursor moves with the last rows, so that a break in between reads them again instead of missing them.
    """
    listed = list({charge.id: charge for charge in charges if charge.status in LISTED_STATUSES}.values())
    new = 0
    for start in range(0, len(listed), _CHUNK):
        with write() as session:
            new += _store(session, business_id, listed[start : start + _CHUNK], zone, now)
    if read_through is None:
        return new
    with write() as session:
        session.execute(sa.update(Business).where(Business.id == business_id).values(read_through=read_through))
    return new


def _store(session: Session, business_id: int, charges: Sequence[Charge], zone: ZoneInfo, now: datetime) -> int:
    known = by_provider_ids(session, business_id, "charge", [charge.id for charge in charges])
    fresh = []
    for charge in charges:
        values = _values(charge, zone)
        row = known.get(charge.id)
        if row is None:
            fresh.append(values | {"business_id": business_id, "kind": "charge", "first_seen_at": now})
        elif row.fingerprint != values["fingerprint"]:
            _change(session, row, values, now)
    if fresh:
        session.connection().execute(_NEW_MOVEMENTS, fresh)
    return len(fresh)


def _change(session: Session, row: Movement, values: dict[str, Any], now: datetime) -> None:
    session.add(MovementVersion(movement_id=row.id, seen_at=now, facts=row.facts))
    for name, value in values.items():
        setattr(row, name, value)


def _values(charge: Charge, zone: ZoneInfo) -> dict[str, Any]:
    facts = msgspec.to_builtins(charge)
    return {
        "provider_id": charge.id,
        "status": charge.status.value,
        "channel": (charge.channel or "")[:60] or None,
        "currency": charge.gross.currency,
        "gross_minor": charge.gross.minor,
        "home_currency": charge.home_currency,
        "home_minor": charge.home.minor if charge.home else None,
        "fee_minor": charge.fee.minor,
        "created_at": charge.created_at,
        "closed_at": charge.closed_at,
        "updated_at": charge.updated_at,
        "accounting_date": accounting_date(charge.paid_at, zone),
        "order_reference": (charge.order_reference or "")[:120] or None,
        "method": (charge.method or "")[:60] or None,
        "facts": facts,
        "fingerprint": fingerprint_of(facts),
    }


def fingerprint_of(facts: object) -> str:
    """Tells whether a movement changed between two readings."""
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def charge_of(row: Movement) -> Charge:
    """The charge a movement row was made from."""
    return msgspec.convert(row.facts, Charge, strict=False)


def refund_of(row: Movement) -> Refund:
    """The refund a movement row was made from."""
    return msgspec.convert(row.facts, Refund, strict=False)
