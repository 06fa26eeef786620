"""How gunicorn serves Tieout: one process with threads, and the scheduler inside it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import logs
from app.config import ConfigError, load
from app.jobs import scheduler
from app.services import running, stopping
from app.services.people import people

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler
    from flask import Flask

try:
    _config = load()
except ConfigError as error:
    sys.stderr.write(f"Tieout can't start. {error}\n")
    raise SystemExit(2) from None

bind = [f"[{_config.host}]:{_config.port}" if ":" in _config.host else f"{_config.host}:{_config.port}"]
workers = 1  # exactly one scheduler; the lease would make a second one harmless, not useful
threads = 8
worker_class = "gthread"
keepalive = 5
graceful_timeout = 29  # in which a sync at work comes to a point where it may stop
control_socket_disable = True  # else gunicorn writes into the home folder
loglevel = "warning"

_STOP_SECONDS = 25.0
_clockwork: BackgroundScheduler | None = None


def on_starting(_server: Any) -> None:
    """Let gunicorn's own words go the way of all others."""
    logs.configure(_config.log_level)
    theirs = logging.getLogger("gunicorn.error")
    theirs.handlers.clear()
    theirs.propagate = True


def post_worker_init(worker: Any) -> None:
    """Start the clockwork, here and not at import: commands, tests and migrations import the app too."""
    global _clockwork  # noqa: PLW0603 - gunicorn's hooks share nothing else
    running.hold(Path(_config.data_dir))
    _stop_when_told()
    if _config.scheduler == "on":
        _clockwork = scheduler.start(worker.wsgi)
    _welcome(worker.wsgi)


def _stop_when_told() -> None:
    """Tell the work in this process at the signal itself, not only when the last request was answered."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        before = signal.getsignal(number)

        def told(given: int, frame: Any, before: Any = before) -> None:
            stopping.ask()
            if callable(before):
                before(given, frame)

        signal.signal(number, told)


def worker_exit(_server: Any, _worker: Any) -> None:
    """End the clockwork once the effect in flight is recorded. One that takes longer is left: it is looked up later."""
    stopping.ask()
    if _clockwork is None:
        return
    ending = threading.Thread(target=_clockwork.shutdown, daemon=True)
    ending.start()
    ending.join(_STOP_SECONDS)
    if ending.is_alive():
        os._exit(0)


def _welcome(app: Flask) -> None:
    lines = [f"Tieout is ready at {_config.public_url}"]
    with app.app_context():
        token = people.offer_setup(app.extensions["outside"].clock, _config.setup_token)
    if token and _config.setup_token:
        lines.append("Nobody is here yet: open /setup and use the token from TIEOUT_SETUP_TOKEN within 30 minutes.")
    elif token:
        lines.append("Nobody is here yet. Make the first owner within 30 minutes:")
        lines.append(f"  {_config.public_url.rstrip('/')}/setup?token={token}")
    lines.append("Ctrl-C ends it.")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
