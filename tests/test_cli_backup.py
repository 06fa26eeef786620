"""Backups by command: taken while others write, checked end to end, put back only when that can't do harm."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from app.clock import ManualClock
from app.services import backups, running
from app.services.backups import DATABASE, MANIFEST, ON_POSTGRES
from app.services.refusals import Refusal
from app.store.connections import learn
from app.store.db import db, write
from tests.conftest import KEY
from tests.shop import ACCOUNT, Shop, open_shop


@pytest.fixture
def shop(database: Path, clock: ManualClock) -> Iterator[Shop]:
    with open_shop(database, clock) as opened:
        yield opened


@pytest.fixture
def command(shop: Shop) -> Callable[..., Result]:
    return lambda *words: shop.app.test_cli_runner().invoke(args=["backup", *map(str, words)])


def answered(result: Result, status: int = 0) -> dict[str, Any]:
    assert result.exit_code == status, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def folder_of(shop: Shop) -> Path:
    assert shop.outside.folder is not None
    return shop.outside.folder


def archive_of(path: Path, *members: tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {entry.name: (archive.extractfile(entry) or io.BytesIO()).read() for entry in archive}


def test_backup_is_for_its_owner_alone_and_holds_no_key(shop: Shop, command: Callable[..., Result]) -> None:
    shop.set_up()
    made = answered(command("create", "--json"))
    path = Path(made["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(contents(path)) == [MANIFEST, DATABASE]
    whole = b"".join(contents(path).values())
    for secret in (KEY, shop.keys["zoho"]["client_secret"], shop.keys["hitpay"][ACCOUNT], "for tests"):
        assert secret.encode() not in whole
    assert answered(command("verify", path, "--json"))["schema"] == made["schema"]


def test_restored_backup_followed_by_a_sync_makes_no_double(shop: Shop, command: Callable[..., Result]) -> None:
    shop.set_up()
    made = answered(command("create", "--json"))
    shop.clock.advance(timedelta(minutes=5))
    shop.world.add_charge(ACCOUNT)
    assert shop.sync().outcome == "fine"
    db.engine.dispose()

    done = answered(command("restore", made["path"], "--json"))
    assert Path(done["replaced"]).exists()
    shop.sync()
    shop.clock.advance(timedelta(minutes=6))
    assert shop.sync().outcome == "fine"
    assert shop.counts() == (1, 1, 1)
    assert set(shop.effects().values()) == {"done"}


def test_backup_during_writes_is_of_one_instant(shop: Shop, command: Callable[..., Result]) -> None:
    """Two rows are always written together; a copy never holds one without the other."""
    stop = threading.Event()

    def keep_writing() -> None:
        with shop.app.app_context():
            number = 0
            while not stop.is_set():
                number += 1
                with write() as session:
                    learn(session, "left", str(number), "x" * 150)
                    learn(session, "right", str(number), "x" * 150)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        made = answered(command("create", "--json"))
    finally:
        stop.set()
        writer.join()
    copy = folder_of(shop) / "copy.sqlite3"
    copy.write_bytes(contents(Path(made["path"]))[DATABASE])
    with sqlite3.connect(copy) as opened:
        counts = dict(opened.execute("SELECT target, count(*) FROM learned GROUP BY target").fetchall())
    assert counts.get("left") == counts.get("right")


def test_only_the_newest_stay_if_asked(shop: Shop, command: Callable[..., Result]) -> None:
    made = []
    for _backup in range(4):
        shop.clock.advance(timedelta(seconds=1))
        made.append(answered(command("create", "--keep", 2, "--json")))
    assert sorted(one.name for one in Path(made[0]["path"]).parent.iterdir()) == [
        Path(one["path"]).name for one in made[2:]
    ]


def test_restore_is_refused_while_tieout_runs(shop: Shop, command: Callable[..., Result]) -> None:
    made = answered(command("create", "--json"))
    before = shop.hashes()
    with running.alone(folder_of(shop)) as alone:
        assert alone
        assert "Tieout is running" in answered(command("restore", made["path"], "--json"), status=1)["error"]
    assert shop.hashes() == before


def spoil_database(given: dict[str, bytes]) -> list[tuple[str, bytes]]:
    body = bytearray(given[DATABASE])
    body[len(body) // 2] ^= 0xFF
    return [(MANIFEST, given[MANIFEST]), (DATABASE, bytes(body))]


def other_format(given: dict[str, bytes]) -> list[tuple[str, bytes]]:
    told = msgspec.json.decode(given[MANIFEST]) | {"format": 2}
    return [(MANIFEST, msgspec.json.encode(told)), (DATABASE, given[DATABASE])]


BAD: list[tuple[str, Callable[[dict[str, bytes]], list[tuple[str, bytes]]]]] = [
    ("isn't the one that was backed up", spoil_database),
    ("doesn't begin with its manifest", lambda given: [(DATABASE, given[DATABASE])]),
    ("doesn't hold the database", lambda given: [(MANIFEST, given[MANIFEST])]),
    ("doesn't hold the database", lambda given: [(MANIFEST, given[MANIFEST]), ("../tieout.sqlite3", given[DATABASE])]),
    ("holds more", lambda given: [*given.items(), ("/etc/evil", b"x")]),
    ("format 2", other_format),
]


@pytest.mark.parametrize(("why", "make"), BAD)
@pytest.mark.parametrize("word", ["verify", "restore"])
def test_archive_that_is_not_sound_is_refused_and_changes_nothing(
    shop: Shop, command: Callable[..., Result], word: str, why: str, make: Callable[..., Any]
) -> None:
    good = Path(answered(command("create", "--json"))["path"])
    bad = archive_of(folder_of(shop) / "bad.tar.gz", *make(contents(good)))
    db.engine.dispose()
    before = {one.name for one in folder_of(shop).iterdir()}
    assert why in answered(command(word, bad, "--json"), status=1)["error"]
    assert {one.name for one in folder_of(shop).iterdir()} - before <= {"running"}


def test_file_that_is_no_archive_is_refused(shop: Shop, command: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"not a backup")
    for word in ("verify", "restore"):
        assert "no sound backup" in answered(command(word, tmp_path / "x.tar.gz", "--json"), status=1)["error"]


def test_backup_of_a_newer_version_is_refused(shop: Shop, command: Callable[..., Result]) -> None:
    with write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    made = answered(command("create", "--json"))
    with write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
    assert "newer version" in answered(command("restore", made["path"], "--json"), status=1)["error"]


def test_postgresql_is_left_to_its_own_tools(clock: ManualClock, tmp_path: Path) -> None:
    url = "postgresql+psycopg://tieout@/postgres?host=/nowhere"
    with pytest.raises(Refusal) as refused:
        backups.create(clock, url, tmp_path)
    assert refused.value.sentence == ON_POSTGRES
    with pytest.raises(Refusal) as refused:
        backups.restore(url, tmp_path, tmp_path / "x.tar.gz")
    assert refused.value.sentence == ON_POSTGRES


def test_database_put_back_by_other_means_is_told_by_a_command(shop: Shop, command: Callable[..., Result]) -> None:
    shop.set_up()
    shop.sync()
    assert answered(command("restored", "--json")) == {"looks_first": True}
    shop.world.add_charge(ACCOUNT)
    run = shop.sync()
    assert run.outcome == "stopped"
    assert "as a command said" in run.sentence
