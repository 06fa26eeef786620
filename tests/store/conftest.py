"""The store on both databases: a test may not ask which one it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.clock import ManualClock
from app.store.db import Base, db
from tests import postgres
from tests.conftest import START, config_for, outside_of


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server a test process, with every migration applied."""
    folder = tmp_path_factory.mktemp("postgres")
    with postgres.server() as url:
        with _install(folder, url).app_context():
            upgrade()
            db.engine.dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An install with every table, empty, with its application context open."""
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('database')}"
    else:
        url = request.getfixturevalue("postgres_url")
    app = _install(tmp_path, url)
    with app.app_context():
        yield app
        with db.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(sa.delete(table))
        db.engine.dispose()


def _install(folder: Path, url: str) -> Flask:
    return create_app(config_for(folder / "unused.sqlite3", database_url=url), outside_of(ManualClock(START)))
