"""Copies of the SQLite database: taken online, checked, and put in its place. PostgreSQL has tools of its own."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

_MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_PAGES_AT_ONCE = 2_000
"""So that a big copy gives way to writers in between; what they write meanwhile is copied too."""


class BadCopyError(Exception):
    """A file that is no sound database of Tieout; the message says why."""


def path_of(url: str) -> Path | None:
    """The file of an SQLite database, None for another kind."""
    made = sa.make_url(url)
    return Path(made.database) if made.get_backend_name() == "sqlite" and made.database else None


def take(source: Path, target: Path) -> None:
    """Copy a database while others write to it: the copy is as of one instant. The file is ours alone (0600)."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(source)) as given, closing(sqlite3.connect(target)) as taken:
        given.backup(taken, pages=_PAGES_AT_ONCE, sleep=0.01)
        taken.execute("PRAGMA journal_mode=DELETE")


def schema_of(path: Path) -> str:
    """The version of a sound database. BadCopyError if it is damaged or none of Tieout's."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            found = [row[0] for row in opened.execute("PRAGMA integrity_check")]
            broken = opened.execute("PRAGMA foreign_key_check").fetchone()
            versions = opened.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.DatabaseError as error:
        raise BadCopyError(f"it can't be read as a database of Tieout ({error})") from error
    if found != ["ok"]:
        raise BadCopyError(f"the database in it is damaged ({found[0]})")
    if broken or len(versions) != 1:
        raise BadCopyError("the database in it doesn't hold together")
    return str(versions[0][0])


def is_known(schema: str) -> bool:
    """Whether this program knows the version of a database, and can bring it up to date."""
    return schema in {one.revision for one in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}


def put(fresh: Path, database: Path, old: Path) -> None:
    """Put `fresh` in the place of the database and keep what was there as `old`. Nobody may have it open."""
    if database.exists():
        with closing(sqlite3.connect(database)) as opened:
            # Its log goes into the file, else it would be taken for the log of the one that comes.
            opened.execute("PRAGMA journal_mode=DELETE")
        database.replace(old)
        old.chmod(0o600)
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    fresh.replace(database)
    sync_folder(database.parent)


def sync_folder(folder: Path) -> None:
    """Let the names in a folder be on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
