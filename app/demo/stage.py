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
from app.demo.processes import HOST, Process, free_ports
from app.demo.programme import programme
from app.demo.seed import SYNCING, Seeding
from app.demo.simulated import Simulated
from app.services.business import businesses
from app.services.connections import books_connection, webhooks
from app.services.outside import Outside
from app.services.people import people
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
    folder = Folder(wishes.data_dir)
    try:
        endings.listen()
        with folder.locked():
            stage = _Stage(wishes, folder, starter)
            try:
                stage.bring_up()
                stage.watch()
            finally:
                endings.close_ears()
                stage.take_down()
    except endings.Ended:
        kept = "Its data is kept; start it again to go on." if folder.seeded() else "The next start begins anew."
        _say(f"\nThe demo has ended. {kept}")


class _Stage:
    """Everything that is up, in the order in which it was brought up."""

    def __init__(self, wishes: Wishes, folder: Folder, starter: endings.Starter) -> None:
        self._wishes, self._folder, self._starter = wishes, folder, starter
        self._processes: list[Process] = []
        if folder.seeded():
            hands.stand_at(folder.clock, hands.stood_at(folder.clock))
        else:
            folder.clear()
            hands.stand_at(folder.clock, hands.midnight(hands.today()))

    def bring_up(self) -> None:
        """The simulator, the story so far, the app; then say where to look."""
        port, backstage = self._ports()
        environment = _environment(self._folder, port, backstage)
        config = load(environment)
        words = ("simulator", "serve", "--port", str(backstage), "--data-dir", str(self._folder.path))
        simulator = self._start("The simulator", ("flask", "--app", "wsgi", *words), environment, "simulator")
        with _install(config) as outside:
            simulator.await_answer(f"{config.simulator_url}/__truth/faults")
            link, keys = self._tell_story(outside, Simulated(config.simulator_url))
        server = self._start("Tieout", ("gunicorn", "wsgi:app"), environment, "tieout")
        server.await_answer(f"{config.public_url}/healthz")
        _say(programme(config.public_url, link, config.simulator_url, keys, self._folder.path, environment))

    def watch(self) -> None:
        """Stay until somebody wants the demo to end; DemoProblem if one of its processes ends by itself."""
        while True:
            self._starter.check()
            for process in self._processes:
                process.check()
            time.sleep(_WATCH_SECONDS)

    def take_down(self) -> None:
        """End all processes, the last one first, and let the demo's time stand still."""
        for process in reversed(self._processes):
            process.stop()
        hands.stand_at(self._folder.clock, hands.now(self._folder.clock))

    def _ports(self) -> tuple[int, int]:
        wanted = self._wishes.port
        port, backstage = free_ports(wanted, 2)
        if wanted and port != wanted:
            _say(f"Port {wanted} is taken, so Tieout takes {port}.")
        return port, backstage

    def _start(self, name: str, words: tuple[str, ...], environment: dict[str, str], log: str) -> Process:
        process = Process(name, words, environment, self._folder.log(log))
        self._processes.append(process)
        return process

    def _tell_story(self, outside: Outside, simulated: Simulated) -> tuple[str, dict[str, Any]]:
        """Seed if nobody has, let the time run on, and answer a sign-in link and the keys of the simulated world."""
        keys = simulated.tell("world", redirect_uri=books_connection.redirect_uri(outside))
        seeded = self._folder.seeded() or self._seed(Seeding(outside, simulated, self._folder.clock, keys, self._tell))
        hands.run_from(self._folder.clock, hands.now(self._folder.clock))
        _listen(outside, simulated)
        simulated.set_limits(list(keys["zoho"]["organizations"].values()), on=True)
        simulated.close()
        return people.create_sign_in_link(outside.clock, seeded.user_id), keys

    def _seed(self, seeding: Seeding) -> Seeded:
        _say(f"Seeding {self._wishes.days} days of trade. This happens once.")
        begun = time.monotonic()
        seeded, last_sync = seeding.run(self._wishes.days)
        hands.stand_at(self._folder.clock, hands.end_of_seeding(last_sync))
        self._folder.keep(seeded)
        _say(f"Seeded in {time.monotonic() - begun:.0f} seconds.")
        return seeded

    def _tell(self, line: str) -> None:
        self._starter.check()
        _say(line)


def _listen(outside: Outside, simulated: Simulated) -> None:
    """Let the simulated HitPay deliver its webhooks to this start's address, signed as the app expects."""
    business = next(one for one in businesses.every() if one.name == SYNCING)
    webhooks.register(outside, business.id)
    for webhook in simulated.truth("hitpay/lumen")["webhooks"]:
        webhooks.add_salt(business.id, webhook["salt"])


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


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
