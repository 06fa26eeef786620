"""The migration that chains what was tried before there was a chain."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask_migrate import upgrade

from app import create_app
from app.clock import ManualClock
from app.services.proving import proof
from app.store.db import db
from tests.conftest import START, config_for, outside_of

OLD = """
INSERT INTO businesses (id, slug, name, provider, time_zone, created_at)
  VALUES (1, 'one', 'One', 'hitpay', 'UTC', '2026-11-22'), (2, 'two', 'Two', 'hitpay', 'UTC', '2026-11-22');
INSERT INTO runs (id, business_id, trigger, requested_at, state, step, done, total, calls)
  VALUES (1, 1, 'manual', '2026-11-22 04:00:00', 'ended', '', 0, 0, 0);
INSERT INTO effects (id, business_id, planned_by, target, action, reference, group_key, position, document_date,
  currency, amount_minor, payload, payload_hash, state, planned_at, attempts, empty_lookups)
  SELECT id, id, 1, 'zoho_books:' || id, 'create_invoice', 'HP-1', 'HP-1', 0, '2026-11-22', 'SGD', 1, '{}', '', 'done',
  '2026-11-22 04:00:00', 1, 0 FROM businesses;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "tieout.sqlite3"
    with create_app(config_for(path), outside_of(ManualClock(START))).app_context():
        upgrade(revision="0001")
        db.engine.dispose()
    return path


def test_what_was_tried_before_is_chained_and_goes_on(old: Path) -> None:
    tried = [
        (1, "2026-11-22 04:00:00.000000", 1, "send", "in_doubt", 'It said "no", \\ and\nmore: é \u2028 \x1f 漢'),
        (2, "2026-11-22 04:00:01.250000", None, "send", "done", ""),
        (1, "2026-11-22 04:00:02.000001", 2, "look_up", "adopted", ""),
    ]
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(OLD)
        connection.executemany(
            "INSERT INTO attempts (effect_id, at, fence, what, outcome, detail) VALUES (?, ?, ?, ?, ?, ?)", tried
        )
        connection.commit()
    with create_app(config_for(old), outside_of(ManualClock(START))).app_context():
        upgrade()
        assert [(proof.verify(one).entries, proof.verify(one).broken_at) for one in (1, 2)] == [(2, None), (1, None)]
        db.engine.dispose()
