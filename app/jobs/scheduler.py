"""The in-process scheduler: ticks the timetable inside the application's context. It keeps no due times of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app.clock import SystemClock
from app.jobs.timetable import TIMETABLE, Job
from app.services import stopping

if TYPE_CHECKING:
    from flask import Flask

log = structlog.get_logger()


def start(app: Flask) -> BackgroundScheduler:
    """Begin ticking. A missed tick is made up for by the next one, so none is ever queued up."""
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(10)})
    for job in TIMETABLE:
        scheduler.add_job(
            _within(app, job),
            "interval",
            seconds=job.seconds,
            id=job.name,
            max_instances=job.at_once,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=SystemClock().now(),  # what was missed is made up for at once
        )
    scheduler.start()
    return scheduler


def _within(app: Flask, job: Job) -> Callable[[], None]:
    def tick() -> None:
        if stopping.is_asked():
            return
        with app.app_context():
            try:
                job.act(app.extensions["outside"])
            except Exception:  # one bad tick must not end the clockwork
                log.exception("job failed", job=job.name)

    return tick
