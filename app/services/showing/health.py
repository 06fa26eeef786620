"""Health as a page shows it: open incidents in words, and each side's state, since when, last success, next try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.health import State
from app.services.alerts import alerts
from app.services.alerts.watching import is_watched
from app.services.outside import Outside
from app.store import alerting, health, incidents
from app.store.connections import of_business
from app.store.db import read

_NAMES = {"provider": "HitPay", "books": "Zoho Books"}
_WORDS = {
    State.OK: ("ok", "works"),
    State.CHECKING: ("wait", "refused once, being checked again"),
    State.RECONNECT: ("bad", "asks you to sign in again"),
    State.ACCESS: ("bad", "no longer lets Tieout in"),
    State.PROVIDER: ("bad", "doesn't accept the stored key"),
    State.DEGRADED: ("warn", "doesn't answer well"),
    State.DELAYED: ("wait", "calls used up for today"),
}


@dataclass(frozen=True)
class SideView:
    """One side: `tone` and `word` are its badge. `next_try` is when it is asked again at the latest."""

    name: str
    tone: str
    word: str
    since: datetime
    last_success: datetime | None
    next_try: datetime | None


@dataclass(frozen=True)
class Standing:
    """An open incident in a line."""

    title: str
    since: datetime
    acknowledged: bool


@dataclass(frozen=True)
class HealthView:
    """`silent` says why no mail would come, "" if one would."""

    sides: list[SideView]
    standing: list[Standing]
    silent: str


def view(outside: Outside, business_id: int) -> HealthView:
    """The health of a business; sides without a login are left out."""
    with read() as session:
        known = health.of_business(session, business_id)
        sides = []
        for side, name in _NAMES.items():
            row = of_business(session, business_id, side)
            if row is None or row.status not in ("connected", "failed"):
                continue
            stored = known.get(side)
            tone, word = _WORDS[State(stored.state)] if stored else _WORDS[State.OK]
            if row.status == "failed" and tone == "ok":
                tone, word = _WORDS[State.CHECKING]
            since = (stored.first_failure or stored.since) if stored else row.since
            last = (stored.last_success if stored else None) or row.last_success_at
            sides.append(SideView(name, tone, word, since, last, stored.next_try if stored else None))
        standing = [
            Standing(alerts.title_of(one), one.began_at, one.acknowledged_at is not None)
            for one in incidents.open_ones(session, business_id)
        ]
        paused = alerting.settings_of(session, business_id).paused_at is not None
        return HealthView(sides, standing, _silent(outside, paused=paused, watched=is_watched(session, business_id)))


def _silent(outside: Outside, *, paused: bool, watched: bool) -> str:
    if not watched:
        return ""  # the page says already that sync is off or not set up
    if not outside.mailer.configured:
        return "No mail server is set up, so nobody is told when something stops."
    return "Mails are paused, so nobody is told when something stops." if paused else ""
