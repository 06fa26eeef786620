"""The database: one declarative base, the engine's rules, and the two ways to open a transaction.

Reads run in a deferred transaction. Writes go through `write()`, which begins at once (SQLite: BEGIN IMMEDIATE,
because a driver that only locks at the first write loses updates silently), stays short, and never spans an HTTP
call: `in_transaction()` lets the HTTP client refuse.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import cast

import psycopg
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import PoolProxiedConnection

from app.store.prepared import Rows

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = sa.MetaData(naming_convention=_NAMES)


def table_of(model: type[Base]) -> sa.Table:
    """The table behind a model, for statements prepared once."""
    return cast("sa.Table", model.__table__)


db = SQLAlchemy(model_class=Base)

_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)
_begin_word: ContextVar[str] = ContextVar("begin_word", default="DEFERRED")
_ONE_AT_A_TIME = "a transaction is open already: services own one at a time"


def in_transaction() -> bool:
    """Whether this thread of work holds a transaction open."""
    return _open_transactions.get() > 0


@contextmanager
def _guarded(begin_word: str) -> Iterator[None]:
    if in_transaction():
        raise RuntimeError(_ONE_AT_A_TIME)
    opened = _open_transactions.set(1)
    word = _begin_word.set(begin_word)
    try:
        yield
    finally:
        _begin_word.reset(word)
        _open_transactions.reset(opened)


@contextmanager
def _transaction(begin_word: str) -> Iterator[Session]:
    with _guarded(begin_word):
        session = Session(db.engine, expire_on_commit=False)
        try:
            with session.begin():
                if begin_word == "IMMEDIATE":
                    session.connection()
                yield session
        finally:
            session.close()


@contextmanager
def write() -> Iterator[Session]:
    """A short writing transaction: commits at the end, rolls back on any error."""
    with _transaction("IMMEDIATE") as session:
        yield session


@contextmanager
def read() -> Iterator[Session]:
    """A reading transaction that never waits for a writer."""
    with _transaction("DEFERRED") as session:
        yield session


def database_error() -> tuple[type[Exception], ...]:
    """What may be raised when the database can't be written: by the toolkit, or by the driver itself."""
    return (sa.exc.DBAPIError, db.engine.dialect.loaded_dbapi.Error)


class RowWriter:
    """The same as `write()` for prepared statements, without a session's and a connection's bookkeeping.

    `with writer as rows:` is one short transaction. Between two of them the connection is kept and nothing is open on
    it; `close` gives it back. For one thread.
    """

    def __init__(self) -> None:
        self._connection: PoolProxiedConnection | None = None
        self._rows: Rows | None = None
        self._opened: Token[int] | None = None

    def __enter__(self) -> Rows:
        if in_transaction():
            raise RuntimeError(_ONE_AT_A_TIME)
        self._opened = _open_transactions.set(1)
        try:
            rows = self._rows or self._connect()
            if rows.dialect.name == "sqlite":
                rows.cursor.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._leave(broken=True)
            raise
        return rows

    def __exit__(self, error: type[BaseException] | None, *_told: object) -> None:
        broken = True
        try:
            if error is None and self._rows is not None:
                self._rows.connection.commit()
                broken = False
        finally:
            self._leave(broken=broken)

    def close(self) -> None:
        """Give the connection back; the next transaction takes another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._rows = None

    def _connect(self) -> Rows:
        engine = db.engine
        self._connection = engine.raw_connection()
        self._rows = Rows(engine.dialect, self._connection)
        return self._rows

    def _leave(self, *, broken: bool) -> None:
        if broken and self._connection is not None:
            self._connection.invalidate()  # whatever state it is in, the database takes back what wasn't committed
            self.close()
        if self._opened is not None:
            _open_transactions.reset(self._opened)
        self._opened = None


@event.listens_for(sa.Engine, "connect")
def _prepare_sqlite(connection: object, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    # FULL, because a vanished intention is a duplicate invoice (SQLite: WAL + NORMAL may lose the last commits).
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(sa.Engine, "connect")
def _prepare_postgresql(connection: object, _record: object) -> None:
    if isinstance(connection, psycopg.Connection):
        # For the same reason: a server may be set up to answer a commit before it is on the disk.
        durable = (
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
        connection.execute(durable)
        connection.commit()


@event.listens_for(sa.Engine, "begin")
def _begin_sqlite(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"BEGIN {_begin_word.get()}")
