"""`flask backup ...`: take a copy of the database, check one, put one back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.cli.answering import ATTENTION, Commands, answer, as_json_option, config, fail, outside
from app.services import backups
from app.services.backups import BackupView
from app.services.refusals import Refusal

commands = Commands("backup", help="Take a copy of the database, check one, put one back.")

_archive = click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))


@commands.command("create")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Default: backups in the data folder.")
@click.option("--keep", type=click.IntRange(min=1), default=None, metavar="N", help="Remove all but the newest N.")
@as_json_option
def create(folder: Path | None, keep: int | None, as_json: bool) -> None:
    """Copy the database into one file, while Tieout runs. Keys are not in it: keep those of the data folder too."""
    place = folder or Path(config().data_dir) / "backups"
    try:
        made = backups.create(outside().clock, config().database_url, place, keep or 0)
    except Refusal as refusal:
        fail(as_json, refusal.sentence, ATTENTION)
    gone = f" {len(made.removed)} older removed." if made.removed else ""
    answer(as_json, _data(made), f"{made.path} ({made.bytes:,} bytes, database {made.schema}), checked.{gone}")


@commands.command("verify")
@_archive
@as_json_option
def verify(archive: Path, as_json: bool) -> None:
    """Check a backup from end to end. Ends with status 1 if it isn't sound."""
    try:
        found = backups.verify(archive)
    except Refusal as refusal:
        fail(as_json, refusal.sentence, ATTENTION)
    answer(as_json, _data(found), f"{found.path} is sound: taken {found.created_at:%d %b %Y %H:%M} UTC, "
           f"database {found.schema}.")  # fmt: skip


@commands.command("restore")
@_archive
@as_json_option
def restore(archive: Path, as_json: bool) -> None:
    """Put a backup in the place of the database, with Tieout stopped. The one replaced is kept beside it."""
    try:
        done = backups.restore(config().database_url, Path(config().data_dir), archive)
    except Refusal as refusal:
        fail(as_json, refusal.sentence, ATTENTION)
    text = f"The backup of {done.created_at:%d %b %Y %H:%M} UTC is in place."
    if done.replaced:
        text += f" What was there is kept as {done.replaced}."
    answer(as_json, _data(done), f"{text} The first sync looks in Zoho Books for what was written since.")


@commands.command("restored")
@as_json_option
def restored(as_json: bool) -> None:
    """Say that the database was put back by other means, such as pg_restore."""
    backups.restored(outside().clock)
    answer(as_json, {"looks_first": True}, "Noted: the next sync looks in Zoho Books before it writes anything old.")


def _data(one: BackupView) -> dict[str, Any]:
    return {
        "path": one.path,
        "created_at": one.created_at.isoformat(),
        "schema": one.schema,
        "bytes": one.bytes,
        "removed": list(one.removed),
        "replaced": one.replaced,
    }
