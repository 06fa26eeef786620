"""An older database put back, or a copied install: what is in the books already is adopted, never written again."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.syncing.runs import RunView
from app.services.writing import epoch
from app.simulator.zoho_books import people
from app.store.db import db, read
from app.store.outbox import Effect
from tests.shop import ACCOUNT, Shop

KINDS = ("invoices", "customerpayments", "expenses", "creditnotes", "creditnote_refunds", "banktransactions")


def copy_of(shop: Shop) -> Path:
    """Yesterday's backup of the database, as a person makes one."""
    source = Path(shop.app.extensions["config"].database_url.removeprefix("sqlite:///"))
    target = source.with_suffix(".yesterday")
    with sqlite3.connect(source) as given, sqlite3.connect(target) as taken:
        given.backup(taken)
    return target


def put_back(shop: Shop, copy: Path) -> None:
    """Put a copy in the place of the database, with the app stopped."""
    db.engine.dispose()
    path = copy.with_suffix(".sqlite3")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, path)


def references(shop: Shop) -> dict[str, Counter[str]]:
    """Every document in the books, by kind and reference."""
    documents = shop.truth()["documents"]
    return {kind: Counter(row["reference_number"] for row in documents[kind]) for kind in KINDS}


def sell(shop: Shop, count: int = 1, **values: Any) -> list[dict[str, Any]]:
    made = []
    for _sale in range(count):
        shop.clock.advance(timedelta(minutes=1))
        made.append(shop.world.add_charge(ACCOUNT, **values))
    return made


def sync_after_the_wait(shop: Shop) -> RunView:
    """The first run notices and waits until nothing can arrive any more; the next one looks and goes on."""
    first = shop.sync()
    assert first.outcome == "stopped"
    assert "The database is older than the data folder" in first.sentence
    shop.clock.advance(timedelta(minutes=6))
    return shop.sync()


def open_effects() -> dict[str, str]:
    with read() as session:
        left = session.scalars(sa.select(Effect).where(Effect.state != "done"))
        return {f"{one.action} {one.reference}": f"{one.state} {one.held_by or ''}".strip() for one in left}


def test_older_database_writes_nothing_again_in_individual_mode(ready: Shop) -> None:
    sell(ready, 2)
    ready.sync()
    yesterday = copy_of(ready)
    first, second = sell(ready, 2)
    ready.sync()
    ready.clock.advance(timedelta(minutes=5))
    ready.world.refund(first["id"])
    ready.clock.advance(timedelta(minutes=5))
    ready.sync()
    before = references(ready)
    assert before["creditnotes"].total() == before["creditnote_refunds"].total() == 1

    put_back(ready, yesterday)
    run = sync_after_the_wait(ready)

    assert references(ready) == before
    assert open_effects() == {}
    assert "compared, and not written again" in run.sentence
    assert run.outcome == "fine"
    assert ready.sync().calls == 0
    assert second["id"] in str(before)


def test_new_sales_after_a_restore_are_posted_once(ready: Shop) -> None:
    yesterday = copy_of(ready)
    sell(ready, 2)
    ready.sync()
    put_back(ready, yesterday)
    sell(ready)
    sync_after_the_wait(ready)
    assert set(references(ready)["invoices"].values()) == {1}
    assert ready.counts() == (3, 3, 3)
    assert open_effects() == {}


def test_what_was_planned_before_the_backup_and_written_after_it_is_not_sent_again(ready: Shop) -> None:
    sell(ready, 2)
    ready.fault("create_invoice", "refused", code=45)
    assert ready.sync().outcome == "delayed"
    yesterday = copy_of(ready)
    ready.clock.advance(timedelta(hours=1))
    ready.sync()
    before = references(ready)
    assert before["invoices"].total() == 2
    put_back(ready, yesterday)
    sync_after_the_wait(ready)
    assert references(ready) == before
    assert open_effects() == {}


def test_older_database_writes_no_day_again_in_bulk(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    sell(shop, 3)
    shop.next_day()
    yesterday = copy_of(shop)
    shop.sync()
    before = references(shop)
    assert before["invoices"].total() == 1
    put_back(shop, yesterday)
    sync_after_the_wait(shop)
    assert references(shop) == before
    assert open_effects() == {}


def test_supplement_forgotten_by_a_restore_is_held_and_doubles_no_member(shop: Shop) -> None:
    shop.set_up(grouping="bulk")
    sell(shop, 2)
    shop.next_day()
    yesterday = copy_of(shop)
    shop.sync()
    shop.world.add_charge(
        ACCOUNT, amount="3.00", created_at="2026-11-22T23:00:00+08:00", closed_at="2026-11-22T23:00:05+08:00"
    )
    shop.clock.advance(timedelta(hours=1))
    shop.sync()
    before = references(shop)
    assert before["invoices"].total() == 2

    put_back(shop, yesterday)
    sync_after_the_wait(shop)

    assert references(shop) == before
    assert open_effects() == {}
    assert shop.sync().counts["held"] == 3
    assert references(shop) == before


def test_sales_posted_one_by_one_and_then_forgotten_stay_so_in_bulk(ready: Shop) -> None:
    """Grouping changed after the backup: the books say which shape a sale has."""
    ready.save(grouping="bulk")
    yesterday = copy_of(ready)
    ready.save(grouping="individual")
    sell(ready, 2)
    ready.sync()
    before = references(ready)
    put_back(ready, yesterday)
    ready.next_day()
    sync_after_the_wait(ready)
    assert references(ready) == before
    assert open_effects() == {}


def test_summary_posted_and_then_forgotten_stays_one_in_individual_mode(shop: Shop) -> None:
    shop.set_up()
    yesterday = copy_of(shop)
    shop.save(grouping="bulk")
    sell(shop, 3)
    shop.next_day()
    shop.sync()
    before = references(shop)
    assert before["invoices"].total() == 1
    put_back(shop, yesterday)
    sync_after_the_wait(shop)
    assert references(shop) == before
    assert open_effects() == {}


def test_document_found_with_another_amount_is_held_with_a_sentence(ready: Shop) -> None:
    yesterday = copy_of(ready)
    sell(ready)
    ready.sync()
    (expense,) = ready.documents("expenses")
    people.edit(ready.simulator, ready.organization, "expenses", expense["id"], amount=9)
    put_back(ready, yesterday)
    run = sync_after_the_wait(ready)
    assert run.outcome == "attention"
    assert list(open_effects().values()) == ["held differs"]
    with read() as session:
        (held,) = session.scalars(sa.select(Effect).where(Effect.state == "held"))
    assert "before this database was put back" in (held.trouble or "")
    assert ready.counts() == (1, 1, 1)


def test_failed_list_after_a_restore_plans_nothing(ready: Shop) -> None:
    yesterday = copy_of(ready)
    sell(ready)
    ready.sync()
    put_back(ready, yesterday)
    ready.sync()
    ready.clock.advance(timedelta(minutes=6))
    ready.line.spoil("GET", "/expenses", b"", status=500)
    assert ready.sync().outcome == "stopped"
    with read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Effect)) == 0
    ready.line.mend()
    ready.sync()
    assert ready.counts() == (1, 1, 1)
    assert open_effects() == {}


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_copied_folder_is_noticed(ready: Shop, how: str) -> None:
    ready.sync()
    assert epoch.current() is None
    folder = ready.outside.folder
    assert folder is not None
    if how == "copied":
        shutil.copy(folder / epoch.FILE, folder / "copy")
        (folder / "copy").replace(folder / epoch.FILE)
    else:
        (folder / epoch.FILE).unlink()
    sell(ready)
    ready.sync()
    now = epoch.current()
    assert now is not None
    assert now.reason == how
    ready.clock.advance(timedelta(minutes=6))
    ready.sync()
    ready.sync()
    again = epoch.current()
    assert again is not None
    assert again.number == 1
    assert ready.counts() == (1, 1, 1)


def test_file_system_that_numbers_a_file_anew_each_time_stops_no_second_run(ready: Shop) -> None:
    folder = ready.outside.folder
    assert folder is not None
    ready.sync()
    for _run in range(3):
        shutil.copy(folder / epoch.FILE, folder / "copy")
        (folder / "copy").replace(folder / epoch.FILE)
        sell(ready)
        ready.clock.advance(timedelta(minutes=6))
        ready.sync()
    now = epoch.current()
    assert now is not None
    assert now.number == 1
    assert ready.sync().outcome == "fine"
    assert ready.counts() == (3, 3, 3)


def test_runs_of_one_install_begin_no_epoch(ready: Shop) -> None:
    for _run in range(3):
        sell(ready)
        assert ready.sync().outcome == "fine"
    assert epoch.current() is None


def test_first_look_recognises_what_another_install_wrote(ready: Shop) -> None:
    sell(ready, 2)
    yesterday = copy_of(ready)
    ready.sync()
    before = references(ready)
    put_back(ready, yesterday)
    assert ready.outside.folder is not None
    (ready.outside.folder / epoch.FILE).unlink()  # as on another machine
    run = ready.sync()
    assert references(ready) == before
    assert run.outcome == "attention"
    assert "Another install may write to this organization" in run.sentence
    assert open_effects() == {}
