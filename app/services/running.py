"""Running: whether a process works on this data folder. Known by a lock that ends with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "running"

_held: list[int] = []
"""Kept open to the end of the process."""


def hold(folder: Path) -> None:
    """Say until the end of this process that it works on the folder, beside others."""
    handle = _open(folder)
    fcntl.flock(handle, fcntl.LOCK_SH)
    _held.append(handle)


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody works on the folder; if so, nobody begins to until the end of the block."""
    handle = _open(folder)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


def _open(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
