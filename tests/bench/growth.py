"""What ten thousand charges do to the serving process: its memory, and the price of the ten-thousandth."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.stage import Stage, stage

FEW, MANY = 1_000, 10_000
REPETITIONS = 3


def measure() -> Iterator[Figure]:
    """Syncs of 1,000 charges, then one of 10,000, by the clockwork of one gunicorn worker."""
    with stage() as made, made.serving() as master:
        worker = _worker_of(master)
        few = [_cpu_of_sync(made, worker, FEW) for _ in range(REPETITIONS)]
        many = _cpu_of_sync(made, worker, MANY)
        yield Figure(
            name="resident memory after 10,000 charges",
            measured=_resident_mb(worker),
            bound=250,
            unit="MB",
            how=f"the gunicorn worker with its scheduler, after {REPETITIONS * FEW + MANY:,} charges synced in it",
        )
    usual = statistics.median(few)
    yield Figure(
        name="cost of growth: 10 x the charges",
        measured=many / usual,
        bound=10.5,
        unit="x the time",
        how=f"CPU of that worker: {many:.1f} s for {MANY:,} charges; for {FEW:,} the median of "
        f"{', '.join(f'{one:.1f}' for one in few)} s",
    )


def _cpu_of_sync(made: Stage, worker: int, count: int) -> float:
    made.trade(count)
    before = _cpu_seconds(worker)
    view = made.await_end(made.request())
    if view.counts["new"] != count:
        raise RuntimeError(f"{view.counts['new']} charges came in, not {count}")
    return _cpu_seconds(worker) - before


def _worker_of(master: int) -> int:
    """The one child of gunicorn's master."""
    (child,) = [int(pid) for pid, parent in _processes("pid=,ppid=") if int(parent) == master]
    return child


def _resident_mb(process: int) -> float:
    (size,) = [int(size) for pid, size in _processes("pid=,rss=") if int(pid) == process]
    return size / 1024


def _cpu_seconds(process: int) -> float:
    """User and system time of all threads of a process."""
    told = Path(f"/proc/{process}/stat")
    if told.exists():
        fields = told.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    (text,) = [text for pid, text in _processes("pid=,time=") if int(pid) == process]
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _processes(columns: str) -> list[list[str]]:
    told = subprocess.run(["ps", "-A", "-o", columns], check=True, capture_output=True, text=True).stdout
    return [line.split() for line in told.splitlines()]
