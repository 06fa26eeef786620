"""Setting the stage: the simulator first, then the story so far, then the app; and taking it all down in order."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from flask_migrate import upgrade

from app import create_app
from app.config import PREFIX, Config, load
from app.demo import endings, hands
from app.demo.folder import Folder, Seeded
from app.demo.processes import HOST, Process, free_port
from app.demo.programme import programme
from app.demo.seed import Seeding
from app.demo.simulated import Simulated
from app.services import books_connection, people
from app.services.outside import Outside
from app.store.db import db

_WATCH_SECONDS = 0.3


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for: the first port to try (0: any), the data's folder, days to begin with."""

    port: int
    data_dir: Path
    days: int


def run(wishes: Wishes) -> None:
    """Bring the demo up and keep it up until it is told to end. DemoProblem if it can't be brought or kept up."""
    starter = endings.Starter()
    try:
        endings.listen()
        with Folder(wishes.data_dir).locked():
            _perform(wishes, Folder(wishes.data_dir), starter)
    except endings.Ended:
        _say("\nThe demo has ended. Its data is kept; start it again to go on.")


def _perform(wishes: Wishes, folder: Folder, starter: endings.Starter) -> None:
    seeded = folder.seeded()
    if seeded is None:
        folder.clear()
        hands.stand_at(folder.clock, hands.midnight(hands.today()))
    else:
        hands.stand_at(folder.clock, hands.stood_at(folder.clock))
    processes: list[Process] = []
    try:
        _bring_up(wishes, folder, seeded, processes)
        while True:
            starter.check()
            for process in processes:
                process.check()
            time.sleep(_WATCH_SECONDS)
    finally:
        endings.close_ears()
        for process in reversed(processes):
            process.stop()
        hands.stand_at(folder.clock, hands.now(folder.clock))


def _bring_up(wishes: Wishes, folder: Folder, seeded: Seeded | None, processes: list[Process]) -> None:
    port = free_port(wishes.port)
    if wishes.port and port != wishes.port:
        _say(f"Port {wishes.port} is taken, so Tieout takes {port}.")
    backstage = free_port(port + 1 if wishes.port else 0)
    environment = _environment(folder, port, backstage)
    simulator = _simulator(folder, backstage, environment)
    processes.append(simulator)
    config = load(environment)
    with _install(config) as outside:
        simulator.await_answer(f"{config.simulator_url}/__truth/faults")
        simulated = Simulated(config.simulator_url)
        keys = simulated.tell("world", redirect_uri=books_connection.redirect_uri(outside))
        user_id = _story(folder, seeded, outside, simulated, keys, wishes.days)
        simulated.set_limits(list(keys["zoho"]["organizations"].values()), on=True)
        simulated.close()
        link = people.create_sign_in_link(outside.clock, user_id)
    server = Process("Tieout", ("gunicorn", "wsgi:app"), environment, folder.log("tieout"))
    processes.append(server)
    server.await_answer(f"{config.public_url}/healthz")
    _say(programme(config.public_url, link, config.simulator_url, keys, folder.path))


def _simulator(folder: Folder, port: int, environment: dict[str, str]) -> Process:
    words = ("flask", "--app", "wsgi", "simulator", "serve", "--port", str(port), "--data-dir", str(folder.path))
    return Process("The simulator", words, environment, folder.log("simulator"))


def _environment(folder: Folder, port: int, backstage: int) -> dict[str, str]:
    """The environment of the demo's processes: nothing of a real install's settings reaches them."""
    ours = {
        "DATA_DIR": str(folder.path),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "HOST": HOST,
        "PORT": str(port),
        "SIMULATOR_URL": f"http://{HOST}:{backstage}",
        "CLOCK_FILE": str(folder.clock),
        "CALLS_PER_MINUTE": "80",
        "LOG_LEVEL": os.environ.get(f"{PREFIX}LOG_LEVEL", "INFO"),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {PREFIX + name: value for name, value in ours.items()}


@contextmanager
def _install(config: Config) -> Iterator[Outside]:
    """The install with its database ready, for work within this process and without pacing."""
    app = create_app(msgspec.structs.replace(config, calls_per_minute=0, scheduler="off", log_level="WARNING"))
    with app.app_context():
        upgrade()
        try:
            yield app.extensions["outside"]
        finally:
            db.engine.dispose()


def _story(
    folder: Folder, seeded: Seeded | None, outside: Outside, simulated: Simulated, keys: dict[str, Any], days: int
) -> int:
    """Tell the story so far if nobody has, let the time run on, and answer the user's id."""
    if seeded is None:
        _say(f"Seeding {days} days of trade. This happens once.")
        begun = time.monotonic()
        seeded, last_sync = Seeding(outside, simulated, folder.clock, keys, _say).run(days)
        hands.run_from(folder.clock, hands.end_of_seeding(last_sync))
        folder.keep(seeded)
        _say(f"Seeded in {time.monotonic() - begun:.0f} seconds.")
    else:
        hands.run_from(folder.clock, hands.now(folder.clock))
    return seeded.user_id


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
