"""Checking: each side of each business is asked whether its login works, when nothing else asked it for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from app.domain.health import EVERY
from app.ports import OutsideError
from app.services.alerts import noting
from app.services.connections import books_connection, connection_health, provider_connection
from app.services.connections.connection_health import LOGGED_IN
from app.services.outside import Outside
from app.store import health as table
from app.store.businesses import all_businesses
from app.store.connections import of_business
from app.store.db import read, write

log = structlog.get_logger()

SIDES = (provider_connection.SIDE, books_connection.SIDE)
_SPREAD = 300
_TURN = timedelta(minutes=3)
"""How long one process has to ask before another may."""


@dataclass(frozen=True)
class Checked:
    """What one check found: `state` is the health by now, `sentence` "" if all is well."""

    business: str
    side: str
    state: str
    sentence: str


def run_due(outside: Outside) -> list[Checked]:
    """Ask every side that is due."""
    return [_check(outside, *one) for one in _due(outside)]


def run_all(outside: Outside) -> list[Checked]:
    """Ask every side that has a login, now."""
    with read() as session:
        every = [
            (one.id, one.slug, side)
            for one in all_businesses(session)
            for side in SIDES
            if (row := of_business(session, one.id, side)) is not None and row.status in LOGGED_IN
        ]
    return [_check(outside, *one) for one in every]


def _due(outside: Outside) -> list[tuple[int, str, str]]:
    now, found = outside.clock.now(), []
    with read() as session:
        for business in all_businesses(session):
            known = table.of_business(session, business.id)
            for side in SIDES:
                row, health = of_business(session, business.id, side), known.get(side)
                if row is None or row.status not in LOGGED_IN:
                    continue
                last = max(row.last_success_at or row.since, row.since)
                late = timedelta(seconds=business.id * 97 % _SPREAD)
                if health is not None and health.next_try is not None:
                    due = health.next_try + (late if health.state == "ok" else timedelta())
                else:
                    due = last + EVERY + late
                if now >= due:
                    found.append((business.id, business.slug, side))
    return [one for one in found if _take_turn(one[0], one[2], now)]


def _take_turn(business_id: int, side: str, now: datetime) -> bool:
    """Put the next try off while this one goes on: True for one caller."""
    with write() as session:
        row = table.ensure(session, business_id, side, now)
        if row.next_try is not None and row.next_try > now:
            return False
        row.next_try = now + _TURN
        return True


def _check(outside: Outside, business_id: int, slug: str, side: str) -> Checked:
    asked_at = outside.clock.now()
    try:
        _ask(outside, business_id, side)
    except OutsideError as error:
        if connection_health.trouble_of(error) is not None:
            noting.failed(outside, business_id, side, error, asked_at)
        else:
            _put_off(outside, business_id, side)
            log.info("health check was refused", business=slug, side=side, why=str(error))
        return Checked(slug, side, _state(business_id, side), str(error))
    noting.working(outside, business_id, side)
    return Checked(slug, side, _state(business_id, side), "")


def _ask(outside: Outside, business_id: int, side: str) -> None:
    if side == provider_connection.SIDE:
        provider_connection.adapter(outside, business_id).ping()
    else:
        books_connection.books_of(outside, business_id).choices.ping()


def _put_off(outside: Outside, business_id: int, side: str) -> None:
    """It answered, but neither that it works nor that it doesn't: ask again at the usual time."""
    with write() as session:
        now = outside.clock.now()
        table.ensure(session, business_id, side, now).next_try = now + EVERY


def _state(business_id: int, side: str) -> str:
    with read() as session:
        row = table.of_side(session, business_id, side)
        return row.state if row else "ok"
