"""When the demo has to end: a signal, or the death or interruption of the make that started it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """Somebody wants the demo to end."""


def listen() -> None:
    """From now on raise Ended in the main thread at Ctrl-C, at a request to end, and when the terminal goes away."""
    for number in _SIGNALS:
        signal.signal(number, _raise)


def close_ears() -> None:
    """Let nothing interrupt the cleaning up."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _raise(_number: int, _frame: FrameType | None) -> None:
    close_ears()  # a second Ctrl-C must not break off the cleaning up
    raise Ended


class Starter:
    """The process that started this one."""

    def __init__(self) -> None:
        self._id = os.getppid()
        self._is_make = _read(self._id, "comm").strip() in {"make", "gmake"}
        self._caught = self._catches_interrupts()

    def check(self) -> None:
        """Raise Ended if it is gone, or if it is a make that was told to stop.

        GNU make expects the terminal to interrupt everybody: an interrupt sent to make alone is not handed on, make
        only stops catching it and waits. That much can be seen on Linux.
        """
        if os.getppid() != self._id:
            raise Ended
        if self._is_make and self._caught and not self._catches_interrupts():
            raise Ended

    def _catches_interrupts(self) -> bool:
        for line in _read(self._id, "status").splitlines():
            if line.startswith("SigCgt:"):
                return bool(int(line.split()[1], 16) >> (signal.SIGINT - 1) & 1)
        return False


def _read(process: int, file: str) -> str:
    try:
        return Path(f"/proc/{process}/{file}").read_text()
    except OSError:
        return ""
