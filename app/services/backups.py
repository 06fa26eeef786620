"""Backups: the database in one archive, taken while Tieout runs, checked, and put back.

An archive holds `manifest.json` and `tieout.sqlite3` and nothing else: no key, so that it opens nothing by itself.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import msgspec

from app.clock import Clock
from app.services import running
from app.services.refusals import Refusal
from app.services.writing import epoch
from app.store import copies
from app.store.copies import BadCopyError

MANIFEST, DATABASE = "manifest.json", "tieout.sqlite3"
_FORMAT = 1
_MOST_MANIFEST = 10_000
_CHUNK = 1 << 20

ON_POSTGRES = (
    "This install keeps its data in PostgreSQL: back it up with pg_dump and put it back with pg_restore. "
    "Afterwards run `backup restored`, so that Tieout looks in Zoho Books before it writes anything old."
)


class _Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: int
    created_at: datetime
    schema: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class BackupView:
    """One archive that was found sound. `schema` is the version of its database, `removed` what retention took away."""

    path: str
    created_at: datetime
    schema: str
    bytes: int
    removed: tuple[str, ...] = ()
    replaced: str = ""


def create(clock: Clock, url: str, folder: Path, keep: int = 0) -> BackupView:
    """Take a backup into `folder` (0700), as one file (0600), and check it; of older ones the newest `keep` stay.

    Refusal if it can't be taken: then nothing is left behind.
    """
    database = _database(url)
    if not database.exists():
        raise Refusal("There is no database yet, so there is nothing to back up.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    now = clock.now()
    target = folder / f"tieout-{now:%Y%m%dT%H%M%SZ}.tar.gz"
    if target.exists():
        raise Refusal(f"{target} exists already. Try again in a second.")
    try:
        with TemporaryDirectory(dir=folder) as place:
            copy = Path(place) / DATABASE
            copies.take(database, copy)
            _pack(copy, Path(place) / target.name, now)
            (Path(place) / target.name).replace(target)
        copies.sync_folder(folder)
        made = verify(target)
    except (OSError, BadCopyError) as error:
        with suppress(OSError):
            target.unlink()
        raise Refusal(f"The backup could not be taken: {error}.") from error
    return _with_removed(made, folder, keep)


def _with_removed(made: BackupView, folder: Path, keep: int) -> BackupView:
    removed = []
    for old in sorted(folder.glob("tieout-*.tar.gz"), reverse=True)[keep:] if keep else []:
        old.unlink()
        removed.append(str(old))
    return BackupView(made.path, made.created_at, made.schema, made.bytes, tuple(removed))


def verify(path: Path) -> BackupView:
    """Check an archive from end to end, and change nothing. Refusal says what is wrong with it."""
    with TemporaryDirectory() as place:
        manifest = _unpack(path, Path(place) / DATABASE)
    return BackupView(str(path), manifest.created_at, manifest.schema, manifest.bytes)


def restore(url: str, data_folder: Path, path: Path) -> BackupView:
    """Put the database of an archive in the place of the present one, which is kept beside it.

    From then on everything older is looked up in Zoho Books before it is written. Refusal while Tieout runs, or if
    the archive isn't sound or newer than this program: then nothing has changed.
    """
    database = _database(url)
    with running.alone(data_folder) as alone, TemporaryDirectory(dir=data_folder) as place:
        if not alone:
            raise Refusal("Tieout is running on this data folder. Stop it first, then restore.")
        fresh = Path(place) / DATABASE
        manifest = _unpack(path, fresh)
        if not copies.is_known(manifest.schema):
            raise Refusal(
                f"The backup was made by a newer version of Tieout (database {manifest.schema}). Install that first."
            )
        # First, so that whatever happens in between, the database that is found is taken for an older one.
        epoch.outdate(data_folder)
        old = database.with_name(f"{database.stem}-replaced-{manifest.created_at:%Y%m%dT%H%M%SZ}{database.suffix}")
        copies.put(fresh, database, old)
    replaced = str(old) if old.exists() else ""
    return BackupView(str(path), manifest.created_at, manifest.schema, manifest.bytes, replaced=replaced)


def restored(clock: Clock) -> None:
    """Note that the database was put back by other means, as PostgreSQL's."""
    epoch.tell(clock.now())


def _database(url: str) -> Path:
    found = copies.path_of(url)
    if found is None:
        raise Refusal(ON_POSTGRES)
    return found


def _pack(copy: Path, target: Path, now: datetime) -> None:
    manifest = _Manifest(
        format=_FORMAT,
        created_at=now,
        schema=copies.schema_of(copy),
        bytes=copy.stat().st_size,
        sha256=_digest(copy),
    )
    words = msgspec.json.encode(manifest)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as archive:
            entry = tarfile.TarInfo(MANIFEST)
            entry.size, entry.mode, entry.mtime = len(words), 0o600, int(now.timestamp())
            archive.addfile(entry, io.BytesIO(words))
            entry = tarfile.TarInfo(DATABASE)
            entry.size, entry.mode, entry.mtime = manifest.bytes, 0o600, int(now.timestamp())
            with copy.open("rb") as stream:
                archive.addfile(entry, stream)
        raw.flush()
        os.fsync(raw.fileno())


def _unpack(path: Path, target: Path) -> _Manifest:
    """Write the archive's database to `target` and check it; names in the archive are never used as paths."""
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            manifest = _manifest(archive)
            _copy_out(archive, target, manifest.bytes)
        _check(target, manifest)
    except (OSError, EOFError, tarfile.TarError, msgspec.MsgspecError, BadCopyError) as error:
        raise Refusal(f"{path} is no sound backup of Tieout: {error}.") from error
    return manifest


def _check(database: Path, manifest: _Manifest) -> None:
    if _digest(database) != manifest.sha256:
        raise BadCopyError("its database isn't the one that was backed up")
    if copies.schema_of(database) != manifest.schema:
        raise BadCopyError("its database has another version than it says")


def _manifest(archive: tarfile.TarFile) -> _Manifest:
    entry = archive.next()
    if entry is None or entry.name != MANIFEST or not entry.isreg() or entry.size > _MOST_MANIFEST:
        raise BadCopyError("it doesn't begin with its manifest")
    stream = archive.extractfile(entry)
    manifest = msgspec.json.decode(stream.read() if stream else b"", type=_Manifest)
    if manifest.format != _FORMAT:
        raise BadCopyError(f"its format {manifest.format} isn't known to this version")
    return manifest


def _copy_out(archive: tarfile.TarFile, target: Path, size: int) -> None:
    entry = archive.next()
    if entry is None or entry.name != DATABASE or not entry.isreg() or entry.size != size:
        raise BadCopyError("it doesn't hold the database that its manifest names")
    stream: IO[bytes] | None = archive.extractfile(entry)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        while stream and (chunk := stream.read(_CHUNK)):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if archive.next() is not None:
        raise BadCopyError("it holds more than a backup does")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
