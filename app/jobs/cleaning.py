"""The daily clean-up: a list of what grows without being needed any more. Each feature adds its own line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from app.services.connections import webhooks
from app.services.outside import Outside
from app.services.people import sign_ins
from app.services.syncing import turns

EVERY = timedelta(days=1)

CLEANERS: tuple[tuple[str, Callable[[datetime], int]], ...] = (
    ("webhook deliveries", webhooks.clean_up),
    ("sign-ins", sign_ins.clean_up),
)
"""What is cleared and how; each answers how many rows it touched."""

log = structlog.get_logger()


def run_due(outside: Outside) -> None:
    """Clear everything once a day, whichever process comes first."""
    now = outside.clock.now()
    if not turns.take("clean-up", now, EVERY):
        return
    for what, clear in CLEANERS:
        try:
            count = clear(now)
        except Exception:  # what can't be cleared today must not keep the rest
            log.exception("clean-up failed", what=what)
        else:
            log.info("cleaned up", what=what, rows=count)
