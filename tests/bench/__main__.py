"""`python -m tests.bench [group ...]`: measure, print each figure beside its bound, exit 1 if one doesn't hold."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import calls, commits, cpu, growth, pace, pages, webhooks
from tests.bench.figure import Figure
from tests.bench.shops import SEED

GROUPS: dict[str, Callable[[], Iterator[Figure]]] = {
    "calls": calls.measure,
    "pace": pace.measure,
    "commits": commits.measure,
    "cpu": cpu.measure,
    "pages": pages.measure,
    "growth": growth.measure,
    "webhooks": webhooks.measure,
}


def main() -> int:
    """Measure what the command line names, everything if it names nothing; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the figures of the design.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)}; all if none is named")
    chosen = parser.parse_args().groups or list(GROUPS)
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    _say(_machine())
    missed = 0
    for name in chosen:
        began = time.monotonic()
        _say(f"\n{name}")
        for figure in GROUPS[name]():
            missed += not figure.holds
            _say(figure.lines())
        _say(f"     ({time.monotonic() - began:.0f} s)")
    _say(f"\n{missed} of the figures not held" if missed else "\nall held")
    return 1 if missed else 0


def _machine() -> str:
    return "\n".join(
        (
            f"machine  {os.cpu_count()} cores, {_processor()}, {platform.system()} {platform.release()}",
            f"load     {os.getloadavg()[0]:.2f} at the start: what else runs here slows the figures",
            f"python   {platform.python_version()}",
            f"seed     {SEED}",
            f"commit   {_commit()}",
        )
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _commit() -> str:
    def git(*words: str) -> str:
        ran = subprocess.run(["git", *words], check=False, capture_output=True, text=True)
        return ran.stdout.strip()

    try:
        number = git("rev-parse", "--short", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except OSError:
        return "unknown: git is not installed"
    return f"{number or 'unknown'}{' with changes' if changed else ''}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
