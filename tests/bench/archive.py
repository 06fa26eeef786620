"""A hundred thousand records that nobody had to sync: copies of a few real ones, with everything that hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.domain.effects import State
from app.domain.fates import RULES, Fate
from app.store.db import db, table_of, write
from app.store.movements import Movement
from app.store.outbox import Attempt, Effect, EffectMovement
from app.store.runs import Run

RECORDS = 100_000
A_DAY = 140
"""Sales a day: a hundred thousand records are two years of them."""

_CHUNK = 5_000
_LEFT_OUT = tuple(name for name, rule in RULES.items() if rule.fate is Fate.EXCLUDED)[:2]
_RUNS = 2_000

Row = dict[str, Any]


def fill(business: int) -> None:
    """Copy the first synced sale of a business until it has `RECORDS`; of a hundred, 94 are posted as it is, four are
    left out by a rule, one is refused and one held."""
    with write() as session:
        movement = _one(session, Movement, Movement.decision == "documents")
        of_it = sa.select(EffectMovement.effect_id).where(EffectMovement.movement_id == movement["id"])
        effects = _all(session, Effect, Effect.id.in_(of_it))
        attempts = _all(session, Attempt, Attempt.effect_id.in_(of_it))
        run = _one(session, Run, Run.state == "ended")
    base = 1_000_000
    _insert(Run, ({**run, "id": base + number} for number in range(_RUNS)))
    _insert(Movement, (_movement(movement, base, number) for number in range(RECORDS)))
    _insert(Effect, _of_each(effects, lambda row, place, number: _effect(row, place, number, base, len(effects))))
    each, tries = len(effects), len(attempts)
    _insert(EffectMovement, _of_each(effects, lambda _row, place, number: {
        "effect_id": base + number * each + place, "movement_id": base + number}))  # fmt: skip
    _insert(Attempt, _of_each(attempts, lambda row, place, number: {
        **row, "id": base + number * tries + place, "number": base + number * tries + place,
        "effect_id": base + number * each + place * each // tries}))  # fmt: skip
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def _movement(row: Row, base: int, number: int) -> Row:
    back = timedelta(days=1 + number // A_DAY, seconds=number % A_DAY)
    moved = {name: row[name] - back for name in ("created_at", "closed_at", "updated_at", "first_seen_at")}
    left_out = _LEFT_OUT[number % 2] if number % 100 in (2, 27, 52, 77) else row["decision"]
    name = str(UUID(int=number))
    own = {"id": base + number, "provider_id": name, "order_reference": f"{number:06d}", "decision": left_out}
    day = {"accounting_date": row["accounting_date"] - timedelta(days=back.days), "gross_minor": 1_000 + number % 9_000}
    return {**row, **moved, **own, **day}


def _effect(row: Row, place: int, number: int, base: int, each: int) -> Row:
    own = base + number * each + place
    name = f"HP-{UUID(int=number)}"
    state = {0: State.REFUSED, 50: State.HELD}.get(number % 100, State.DONE) if place == 0 else State.DONE
    day = row["document_date"] - timedelta(days=1 + number // A_DAY)
    keys = {"id": own, "reference": name, "group_key": name, "depends_on": own - place if place else None}
    return {**row, **keys, "document_date": day, "state": state.value, "planned_by": base + number % _RUNS}


def _of_each(rows: list[Row], make: Callable[[Row, int, int], Row]) -> Iterator[Row]:
    return (
        make(row, place, number)
        for number in range(RECORDS)
        if number % 100 not in (2, 27, 52, 77)
        for place, row in enumerate(rows)
    )


def _one(session: Any, model: Any, where: sa.ColumnElement[bool]) -> Row:
    return _all(session, model, where)[0]


def _all(session: Any, model: Any, where: sa.ColumnElement[bool]) -> list[Row]:
    table = table_of(model)
    return [dict(row) for row in session.execute(sa.select(table).where(where).order_by(table.c.id)).mappings()]


def _insert(model: Any, rows: Iterator[Row]) -> None:
    """In chunks, so that a hundred thousand rows never stand in memory at once."""
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            _write(model, chunk)
            chunk = []
    if chunk:
        _write(model, chunk)


def _write(model: Any, chunk: list[Row]) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.insert(table_of(model)), chunk)
