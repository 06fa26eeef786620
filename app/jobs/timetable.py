"""The timetable: every job, how often the scheduler ticks it, and the service function behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.jobs import cleaning
from app.services.alerts import checking, mailing, pings, reminding, watchdog
from app.services.outside import Outside
from app.services.syncing import clockwork, inbox, resuming, worker


@dataclass(frozen=True)
class Job:
    """`seconds` between two ticks; `at_once` is how many may run side by side."""

    name: str
    seconds: float
    at_once: int
    act: Callable[[Outside], object]


TIMETABLE = (
    Job("worker", seconds=1, at_once=4, act=worker.run_due),
    Job("tend", seconds=30, at_once=1, act=worker.tend),
    Job("arrivals", seconds=1, at_once=1, act=inbox.on_arrival),
    Job("inbox", seconds=20, at_once=1, act=inbox.run_due),
    Job("clockwork", seconds=5, at_once=1, act=clockwork.run_due),
    Job("resuming", seconds=5, at_once=1, act=resuming.run_due),
    Job("health", seconds=20, at_once=1, act=checking.run_due),
    Job("alerts", seconds=60, at_once=1, act=reminding.run_due),
    Job("mail", seconds=5, at_once=1, act=mailing.send_due),
    Job("pings", seconds=5, at_once=1, act=pings.send_due),
    Job("watchdog", seconds=600, at_once=1, act=watchdog.run_due),
    Job("clean-up", seconds=600, at_once=1, act=cleaning.run_due),
)
