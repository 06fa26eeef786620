"""Stopping: the program was told to end. Work in flight is finished, nothing new is begun."""

from __future__ import annotations

from threading import Event

_asked = Event()


class Stopping(Exception):  # noqa: N818 - a way to end, not a mistake
    """The run ends here, between two effects; the next start takes it up."""


def ask() -> None:
    """Let everything come to an end. Safe to call in a signal handler."""
    _asked.set()


def is_asked() -> bool:
    """Whether the program is ending."""
    return _asked.is_set()


def check() -> None:
    """Stopping, if the program is ending: called where nothing is half done."""
    if _asked.is_set():
        raise Stopping


def forget() -> None:
    """As before anybody asked. For tests only."""
    _asked.clear()
