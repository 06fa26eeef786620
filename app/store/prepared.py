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
    """An open writing transaction at the driver, for prepared statements only."""

    def __init__(self, dialect: sa.Dialect, connection: PoolProxiedConnection) -> None:
        self.dialect = dialect
        self.connection: Any = connection.driver_connection
        self.cursor = connection.cursor()


class _Compiled(msgspec.Struct, frozen=True):
    """`order` names the parameters of a driver that counts them, None where it knows names."""

    sql: str
    order: tuple[str, ...] | None
    fixed: dict[str, Any]
    typed: dict[str, Callable[[Any], Any]]


class Prepared:
    """An INSERT, UPDATE or DELETE whose values are all bound by name."""

    def __init__(self, statement: sa.Insert | sa.Update | sa.Delete) -> None:
        self._statement = statement.inline() if isinstance(statement, sa.Insert) else statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, on: Rows | sa.Connection, values: dict[str, Any]) -> int:
        """Run it with `values`; how many rows it met. Raises the driver's own errors on `Rows`."""
        if isinstance(on, sa.Connection):
            return on.execute(self._statement, values).rowcount
        ready = self._compiled.get(on.dialect.name)
        if ready is None:
            ready = self._compiled[on.dialect.name] = _compile(self._statement, on.dialect)
        given = ready.fixed | values
        for name, convert in ready.typed.items():
            if (value := given[name]) is not None:  # none of our types makes anything but NULL of it
                given[name] = convert(value)
        on.cursor.execute(ready.sql, given if ready.order is None else [given[name] for name in ready.order])
        return int(on.cursor.rowcount)


def _compile(statement: sa.Insert | sa.Update | sa.Delete, dialect: sa.Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, sa.sql.compiler.SQLCompiler)  # noqa: S101 - what an INSERT, UPDATE or DELETE becomes
    typed = {name: one.type.dialect_impl(dialect).bind_processor(dialect) for name, one in compiled.binds.items()}
    return _Compiled(
        sql=str(compiled),
        order=tuple(compiled.positiontup or ()) if compiled.positional else None,
        fixed=dict(compiled.params),
        typed={name: convert for name, convert in typed.items() if convert is not None},
    )
