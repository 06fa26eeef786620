"""The demo's processes: each in a session of its own, ended in order, and gone with the demo whatever ends it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import requests

from app.demo.problems import DemoProblem

HOST = "127.0.0.1"
_TOP = Path(__file__).resolve().parent.parent.parent
_START_SECONDS = 45.0
_STOP_SECONDS = 30.0  # in which Tieout finishes what it is writing
_STEP = 0.05
_PR_SET_PDEATHSIG = 1  # prctl(2)


def free_ports(first: int, count: int) -> list[int]:
    """The first ports from `first` on that nobody listens at on this machine; with 0 any. They are all different."""
    with ExitStack() as probes:  # each is held until all are found
        found: list[int] = []
        for port in range(first, first + 200) if first else [0] * count:
            probe = probes.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                found.append(int(probe.getsockname()[1]))
            if len(found) == count:
                return found
    raise DemoProblem(f"No port between {first} and {first + 200} is free. End what uses them, or name another --port.")


class Process:
    """One program of the demo, started at once; what it says goes to the file `log`."""

    def __init__(self, name: str, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("w") as file:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=_TOP,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which ends its processes in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread here
            )

    def await_answer(self, url: str) -> None:
        """Return once `url` answers; DemoProblem with the end of the log if the program ends or says nothing."""
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            self.check()
            with suppress(requests.RequestException), requests.Session() as session:
                session.trust_env = False
                if session.get(url, timeout=5).status_code == 200:
                    return
            time.sleep(_STEP)
        raise DemoProblem(f"{self.name} did not answer within {_START_SECONDS:.0f} seconds. See {self._log}.")

    def check(self) -> None:
        """DemoProblem if the program is not running any more."""
        status = self._running.poll()
        if status is not None:
            last = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
            raise DemoProblem(f"{self.name} ended by itself (status {status}). The end of {self._log}:\n{last}")

    def stop(self) -> None:
        """Ask it to end, and after some seconds make it end, with everything that it started."""
        if self._running.poll() is None:
            self._running.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._running.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()


def _end_with_parent() -> None:
    """Linux: have this process asked to end when the demo dies without a word, by kill -9 say."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
