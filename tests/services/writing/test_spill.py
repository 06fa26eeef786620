"""A reply that can't be recorded is kept in a file and recorded by the next run, so nothing is sent twice."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.domain.effects import QUARANTINE
from app.services import crash
from app.services.writing import recording, spill
from app.store.db import read
from app.store.outbox import Attempt
from tests.shop import Shop


def log_of(shop: Shop) -> Path:
    assert shop.outside.folder is not None
    return shop.outside.folder / spill.FILE


@contextmanager
def read_only_after_the_reply(action: str) -> Iterator[None]:
    """The disk goes read-only between Zoho's answer and our commit, for the worker's own connection."""

    def act(point: str, detail: str) -> None:
        if (point, detail) == ("after_reply", action):
            monkeypatch.setattr(recording, "_write", refuse)

    def refuse(*_given: object) -> bool:
        raise OperationalError("UPDATE effects", {}, Exception("attempt to write a readonly database"))

    with pytest.MonkeyPatch.context() as monkeypatch:
        crash.arm(act)
        try:
            yield
        finally:
            crash.disarm()


@pytest.mark.parametrize("action", ["create_invoice", "create_customer_payment", "create_expense"])
def test_reply_that_could_not_be_recorded_is_recorded_by_the_next_run(sold: Shop, action: str) -> None:
    with read_only_after_the_reply(action):
        run = sold.sync()
    assert run.outcome == "stopped"
    assert "database can't be written" in run.sentence
    assert sold.effects()[action] == "sending"
    assert stat.S_IMODE(log_of(sold).stat().st_mode) == 0o600

    looked_up = len([one for one in sold.line.calls if one[0] == "GET"])
    run = sold.sync()
    assert run.outcome == "fine"
    assert "of an earlier sync could be recorded now" in run.sentence
    assert sold.counts() == (1, 1, 1)
    assert not log_of(sold).exists()
    paths = ("/invoices", "/customerpayments", "/expenses")
    asked = [address for method, address in sold.line.calls[looked_up:] if method == "GET"]
    assert [one for one in asked if one.endswith(paths)] == []


def test_line_that_the_disk_cut_off_is_looked_up_instead(sold: Shop) -> None:
    with read_only_after_the_reply("create_invoice"):
        sold.sync()
    text = log_of(sold).read_bytes()
    log_of(sold).write_bytes(text[: len(text) // 2])
    for _run in range(3):
        sold.clock.advance(QUARANTINE * 2.2)
        sold.sync("look_up")
    assert sold.counts() == (1, 1, 1)
    with read() as session:
        told = session.scalars(sa.select(Attempt.what).where(Attempt.effect_id == 1).order_by(Attempt.id)).all()
    assert told == ["claim", "recover", "look_up"]


def test_database_locked_for_a_while_is_waited_for(sold: Shop) -> None:
    left = 5

    def act(point: str, detail: str) -> None:
        if (point, detail) == ("after_reply", "create_invoice"):
            patch.setattr(recording, "_write", sometimes)

    def sometimes(*given: object) -> bool:
        nonlocal left
        left -= 1
        if left > 0:
            raise OperationalError("UPDATE effects", {}, Exception("database is locked"))
        return real(*given)  # type: ignore[arg-type]

    real = recording._write
    with pytest.MonkeyPatch.context() as patch:
        crash.arm(act)
        try:
            assert sold.sync().outcome == "fine"
        finally:
            crash.disarm()
    assert not log_of(sold).exists()
    assert sold.counts() == (1, 1, 1)


def test_nothing_is_sent_while_the_disk_is_nearly_full(sold: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1_000_000})())
    run = sold.sync()
    assert (run.outcome, sold.counts()) == ("stopped", (0, 0, 0))
    assert "nearly full" in run.sentence
    monkeypatch.undo()
    assert sold.sync().outcome == "fine"
