"""The spill log: replies that came while the database could not be written, kept in a file until it can.

Each line is on the disk before the run gives up. The next run reads it first, so that what Zoho Books confirmed is
known even if the process died meanwhile (mode 0600; it holds ids and amounts, no secret).
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from app.domain.effects import State
from app.services.outside import Outside
from app.services.writing.work import Stop, Work
from app.store import outbox
from app.store.db import write
from app.store.outbox import Effect, Outcome

FILE = "spill.log"
RESERVE = 32 * 1024 * 1024
"""Bytes that must be free before anything is sent: room to record the answer."""

_OPEN = (State.SENDING.value, State.IN_DOUBT.value)


class _Spilled(msgspec.Struct, frozen=True):
    """One reply. The effect is named by what is unique about it, because its number may be another's in a database
    that was put back."""

    target: str
    action: str
    reference: str
    at: datetime
    outcome: Outcome


def require_space(outside: Outside) -> None:
    """Stop while the disk of the data folder is nearly full: an answer that can't be kept must not be asked for."""
    if outside.folder is None:
        return
    with suppress(OSError):
        if shutil.disk_usage(outside.folder).free >= RESERVE:
            return
        raise Stop("stopped", "The disk of Tieout's data folder is nearly full. Make room there; nothing more is sent.")


def keep(work: Work, effect: Effect, outcome: Outcome) -> None:
    """Write a reply into the log, on the disk when this returns. OSError if even that fails."""
    if work.outside.folder is None:
        return
    spilled = _Spilled(effect.target, effect.action, effect.reference, work.outside.clock.now(), outcome)
    with _alone(work.outside.folder):
        handle = os.open(work.outside.folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, msgspec.json.encode(spilled) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)


def replay(work: Work) -> int:
    """Record what the log holds for this target and keep the rest; how many documents that settled."""
    if work.outside.folder is None or not (path := work.outside.folder / FILE).exists():
        return 0
    with _alone(work.outside.folder):
        told = [one for line in path.read_bytes().splitlines() if (one := _spilled(line)) is not None]
        ours = [one for one in told if one.target == work.target]
        with write() as session:
            work.lease.guard(session)
            settled = sum(_record(session, work, one) for one in ours)
        _rewrite(path, [one for one in told if one.target != work.target])
    return settled


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time, over all processes: other businesses spill into the same log."""
    handle = os.open(folder / f"{FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _record(session: sa.orm.Session, work: Work, one: _Spilled) -> int:
    found = outbox.known_references(session, one.target, one.action, [one.reference]).get(one.reference)
    if found is None or found.state not in _OPEN:
        return 0  # settled meanwhile, or the database was put back: then the books are looked up anyway
    for name in Outcome.__struct_fields__:
        setattr(found, name, getattr(one.outcome, name))
    fence = work.lease.fence
    outbox.note(session.connection(), found.id, fence, one.at, "spilled", one.outcome.state, one.outcome.trouble or "")
    return 1


def _spilled(line: bytes) -> _Spilled | None:
    """A line of the log; None for one that the disk cut off."""
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(line, type=_Spilled)
    return None


def _rewrite(path: Path, left: list[_Spilled]) -> None:
    """What is left, in the place of the log. What the disk cut off is dropped: its effect is looked up."""
    if not left:
        path.unlink(missing_ok=True)
        return
    handle = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, b"".join(msgspec.json.encode(one) + b"\n" for one in left))
        os.fsync(handle)
    finally:
        os.close(handle)
    path.with_suffix(".new").replace(path)
