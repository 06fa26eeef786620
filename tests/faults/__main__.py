"""The long form: `python -m tests.faults --runs 20000 --kills 500 --seed 1`, or one world again: `--replay G1:1:4711`.

Prints the block of figures that every release states. Exit status 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import logging
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.services import crash
from app.services.refusals import Refusal
from tests.faults.inside.campaign import Campaign, Tally, campaign
from tests.faults.inside.matrix import due
from tests.faults.inside.scenes import GUARDS
from tests.faults.inside.trials import Trial, any_trial, every_cell
from tests.faults.mutating import say
from tests.faults.processes import Storms, fresh_install, storm


def main() -> int:
    """Run, print, and say by the status whether all of it was right."""
    given = _arguments()
    logging.disable(logging.CRITICAL)
    if given.replay:
        return _replay(given.replay)
    began = time.monotonic()
    until = began + given.minutes * 60 if given.minutes else float("inf")
    say(f"machine  {_machine()}", f"commit   {_commit()}", f"seed     {given.seed}")
    wrong, guards = [], given.guards.split(",")
    for guard in guards:
        try:
            with campaign(guard) as ready:
                wrong += _guard(ready, given.seed, given.runs // len(guards), until)
        except Refusal as error:
            say(f"{guard}  not tried: {error}")
    storms = _kills(given.seed, given.kills, until) if given.kills else Storms()
    wrong += storms.wrong
    say(f"SIGKILLs {storms.killed} of {storms.tried} processes, {storms.paused} stopped and let go on, "
        f"books right {storms.settled} times", *(wrong or ["nothing wrong"]),
        f"took     {time.monotonic() - began:.0f} s")  # fmt: skip
    return bool(wrong)


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    words.add_argument("--runs", type=int, default=20_000, help="trials in this process, over all guard levels")
    words.add_argument("--kills", type=int, default=500, help="real SIGKILLs")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--minutes", type=float, default=0, help="stop beginning new trials after so many; 0 never")
    words.add_argument("--guards", default=",".join(GUARDS), help="guard levels, by comma")
    words.add_argument("--replay", default="", help="one trial again, as a failing one prints it")
    return words.parse_args()


def _guard(ready: Campaign, seed: int, count: int, until: float) -> list[str]:
    cells = list(every_cell(ready.ground))
    named = ((f"--replay {ready.guard}:cell:{number}", one) for number, one in enumerate(cells))
    tally = ready.run(_until(named, until))
    tally.add(ready.run(_until(_random(ready, seed, max(count - len(cells), 0)), until)))
    _print(ready.guard, tally)
    late = "  ".join(f"{seconds} s: {doubled} of {tried}" for seconds, (tried, doubled) in ready.late().items())
    tried, doubled = ready.second_install()
    say(f"    apart: writes that landed late and are there twice: {late}",
        f"    apart: a second install at {tried} calls of the first made {doubled} documents twice")  # fmt: skip
    return tally.wrong


def _random(ready: Campaign, seed: int, count: int) -> Iterator[tuple[str, Trial]]:
    for number in range(count):
        one = seed * 1_000_000 + number
        yield f"--replay {ready.guard}:seed:{one}", any_trial(one, ready.ground)


def _until(trials: Iterator[tuple[str, Trial]], until: float) -> Iterator[tuple[str, Trial]]:
    for one in trials:
        if time.monotonic() > until:
            return
        yield one


def _print(guard: str, tally: Tally) -> None:
    points, cells = tally.points & set(crash.ALL), tally.cells & due()
    say(
        f"{guard}  runs {tally.runs}   crashes injected {tally.crashes}   HTTP faults injected {tally.faults}   "
        f"{tally.runs / max(tally.seconds, 0.001):.1f} runs/s",
        f"    documents expected / found {tally.expected} / {tally.found}   duplicates {tally.duplicates}   "
        f"losses {tally.losses}   cents off {tally.cents_off}   orphan payments {tally.orphan_payments}",
        f"    stuck intents {tally.stuck}   parked {tally.parked} ({tally.unreasoned} without a reason)   "
        f"outside the contract {tally.violations}",
        f"    crash points hit {len(points)}/{len(crash.ALL)}{_missing(set(crash.ALL) - points)}   "
        f"matrix cells hit {len(cells)}/{len(due())}{_missing({' '.join(one) for one in due() - cells})}",
        f"    extra calls: median {tally.percentile(0.5)}, p95 {tally.percentile(0.95)}",
    )


def _missing(names: set[str]) -> str:
    return f" (not {', '.join(sorted(names))})" if names else ""


def _kills(seed: int, kills: int, until: float) -> Storms:
    """In several installs one after another: none of them grows old."""
    whole = Storms()
    while whole.killed < kills and time.monotonic() < until:
        with tempfile.TemporaryDirectory() as folder, fresh_install(Path(folder)) as made:
            try:
                one = storm(made, seed + whole.tried, min(50, kills - whole.killed))
            except AssertionError as error:
                whole.wrong.append(f"a storm of processes, seed {seed + whole.tried}: {error}")
                return whole
        for name in ("tried", "killed", "paused", "settled"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    return whole


def _replay(words: str) -> int:
    guard, kind, number = words.split(":")
    with campaign(guard) as ready:
        trial = any_trial(int(number), ready.ground) if kind == "seed" else list(every_cell(ready.ground))[int(number)]
        outcome = ready.one(trial)
    say(
        f"{trial}",
        f"{outcome.verdict}",
        f"struck: {', '.join(map(str, outcome.struck))}",
        f"missed: {', '.join(map(str, outcome.missed))}",
        f"calm after {outcome.rounds} rounds",
    )
    return not outcome.verdict.is_right


def _machine() -> str:
    told = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in told if "model name" in line), platform.machine())
    return f"{model}, {platform.system()}, Python {platform.python_version()}"


def _commit() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
