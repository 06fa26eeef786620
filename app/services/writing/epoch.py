"""Epochs: a database that was put back, copied or moved doesn't know what was written since. It has to notice.

The data folder and the database keep the same token and a mark that grows with every run, the database's always
first. A folder that is ahead of its database means an older database; a file that isn't the one it was means a copied
folder. Either begins an epoch: what may be older is looked up in the books before it is written.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from app.domain.effects import QUARANTINE
from app.services.outside import Outside
from app.services.writing.work import Stop
from app.store import installs
from app.store.db import read, write
from app.store.installs import Folder

FILE = "epoch"
_LENGTH = 120
"""The file is always this long, so that it is written over in place and stays the same file."""

_ONCE_A_DAY = timedelta(days=1)

REASONS = {
    "older": "The database is older than the data folder: a backup was put back.",
    "copied": "The data folder is a copy of another one.",
    "moved": "The database came to another data folder.",
    "told": "The database was put back, as a command said.",
}


class _Kept(msgspec.Struct, frozen=True):
    token: str
    mark: int


@dataclass(frozen=True)
class Now:
    """The epoch that holds: everything made before `since` has to be looked up before it is written."""

    number: int
    since: datetime
    reason: str

    @property
    def sentence(self) -> str:
        return REASONS.get(self.reason, REASONS["older"])

    @property
    def look_from(self) -> datetime:
        """When a look can be trusted: what was sent just before may still arrive until then."""
        return self.since + QUARANTINE


def begin(outside: Outside) -> None:
    """Notice, at the start of a run, whether database and data folder still belong together; mark both.

    Stop if the data folder can't be written.
    """
    if outside.folder is None:
        return
    try:
        _begin(outside, outside.folder)
    except OSError as error:
        raise Stop(
            "stopped", f"Tieout can't write to its data folder: {error.strerror}. Nothing was sent.", str(error)
        ) from error


def _begin(outside: Outside, folder: Path) -> None:
    path, now = folder / FILE, outside.clock.now()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept, file_id = _open(path)
    with write() as session:
        why = _why(session, kept, file_id, now)
        if why:
            installs.begin_epoch(session, now, why)
        row = session.get(Folder, kept.token) if kept and why != "copied" else None
        if row is None:
            row = Folder(token=kept.token if kept and why != "copied" else secrets.token_hex(16), mark=0)
            session.add(row)
        row.file_id, row.seen_at = file_id, now
        row.mark = max(row.mark, kept.mark if kept else 0) + 1
        fresh = _Kept(row.token, row.mark)
    _write(path, fresh)


def _why(session: Session, kept: _Kept | None, file_id: int, now: datetime) -> str:
    """Why an epoch has to begin, "" if nothing happened."""
    if kept is None:
        return "moved" if installs.any_folder(session) else ""
    row = session.get(Folder, kept.token)
    if row is None or row.mark < kept.mark:
        return "older"
    if row.file_id == file_id:
        return ""
    # Some file systems give a file another number each time; that must not stop every run.
    newest = installs.newest_epoch(session)
    again = newest is not None and newest.reason == "copied" and now - newest.since < _ONCE_A_DAY
    return "" if again else "copied"


def mark(outside: Outside) -> None:
    """Let both marks grow, because something was planned or written: a copy made before is older from now on."""
    if outside.folder is None:
        return
    path = outside.folder / FILE
    kept, _file_id = _open(path)
    if kept is None:
        return
    with write() as session:
        row = session.get(Folder, kept.token)
        if row is None:
            return
        row.mark += 1
        fresh = _Kept(row.token, row.mark)
    with suppress(OSError):  # then the database is ahead, which is never taken for older
        _write(path, fresh)


def outdate(folder: Path) -> None:
    """Let the folder be ahead of whatever database comes next, for one that is just being put back."""
    path = folder / FILE
    kept, _file_id = _open(path)
    _write(path, _Kept(kept.token if kept else secrets.token_hex(16), (kept.mark if kept else 0) + 1_000_000))


def tell(now: datetime) -> None:
    """Begin an epoch because a person says so: the database was put back by other means."""
    with write() as session:
        installs.begin_epoch(session, now, "told")


def current() -> Now | None:
    """The epoch that holds now, None while the database was never put back, copied or moved."""
    with read() as session:
        row = installs.newest_epoch(session)
        return Now(row.number, row.since, row.reason) if row else None


def _open(path: Path) -> tuple[_Kept | None, int]:
    """What the file holds, None for a new or unreadable one, and which file it is on its disk."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        text = os.read(handle, _LENGTH)
        with suppress(msgspec.DecodeError):
            return msgspec.json.decode(text, type=_Kept), os.fstat(handle).st_ino
        return None, os.fstat(handle).st_ino
    finally:
        os.close(handle)


def _write(path: Path, kept: _Kept) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, msgspec.json.encode(kept).ljust(_LENGTH), 0)
        os.fsync(handle)
    finally:
        os.close(handle)
