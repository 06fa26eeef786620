"""Statements prepared once and run at the driver: for the few that run with every document.

The toolkit does many times the work of the database itself for each small statement. Here it compiles a statement
once per database and what is left is the driver's own work. Same SQL, same types, same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection


class Rows:
    """An open writing transaction at the driver, for prepared statements only.

    `remembered` outlives the transaction: what was read once and is checked again by whoever uses it.
    """

    def __init__(self, dialect: sa.Dialect, connection: PoolProxiedConnection) -> None:
        self.dialect = dialect
        self.connection: Any = connection.driver_connection
        self.cursor = connection.cursor()
        self.remembered: dict[str, Any] = {}


class _Compiled(msgspec.Struct, frozen=True):
    """`order` names the parameters of a driver that counts them, None where it knows names."""

    sql: str
    order: tuple[str, ...] | None
    fixed: dict[str, Any]
    typed: dict[str, Callable[[Any], Any]]


Statement = sa.Insert | sa.Update | sa.Delete | sa.Select[Any]


class Prepared:
    """A statement whose values are all bound by name: an INSERT, UPDATE or DELETE to `run`, a SELECT for `first`."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement.inline() if isinstance(statement, sa.Insert) else statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, on: Rows | sa.Connection, values: dict[str, Any]) -> int:
        """Run it with `values`; how many rows it met. Raises the driver's own errors on `Rows`."""
        if isinstance(on, sa.Connection):
            return int(on.execute(self._statement, values).rowcount)
        self._execute(on, values)
        return int(on.cursor.rowcount)

    def first(self, on: Rows | sa.Connection, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a SELECT, None if there is none. On `Rows` as the driver gives it: numbers and text only."""
        if isinstance(on, sa.Connection):
            found = on.execute(self._statement, values).first()
            return tuple(found) if found is not None else None
        self._execute(on, values)
        row = on.cursor.fetchone()
        on.cursor.fetchall()  # nothing may be left to read when the next statement comes
        return None if row is None else tuple(row)

    def _execute(self, on: Rows, values: dict[str, Any]) -> None:
        ready = self._compiled.get(on.dialect.name)
        if ready is None:
            ready = self._compiled[on.dialect.name] = _compile(self._statement, on.dialect)
        given = ready.fixed | values
        for name, convert in ready.typed.items():
            if (value := given[name]) is not None:  # none of our types makes anything but NULL of it
                given[name] = convert(value)
        on.cursor.execute(ready.sql, given if ready.order is None else [given[name] for name in ready.order])


def _compile(statement: Statement, dialect: sa.Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, sa.sql.compiler.SQLCompiler)  # noqa: S101 - what these statements become
    typed = {name: one.type.dialect_impl(dialect).bind_processor(dialect) for name, one in compiled.binds.items()}
    return _Compiled(
        sql=str(compiled),
        order=tuple(compiled.positiontup or ()) if compiled.positional else None,
        fixed=dict(compiled.params),
        typed={name: convert for name, convert in typed.items() if convert is not None},
    )
