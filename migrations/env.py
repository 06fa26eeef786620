"""Runs the migrations on the application's own engine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from app.store.db import Base, db


def _plain_types(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our own column types as the plain ones they are stored in, so that a migration needs no import of ours."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        stored = item.impl_instance
        timezone = ", timezone=True" if getattr(stored, "timezone", False) else ""
        return f"sa.{type(stored).__name__}({timezone.removeprefix(', ')})"
    return False


def run() -> None:
    """Apply what is pending, in one transaction where the database can."""
    engine = current_app.extensions["migrate"].db.engine if current_app else db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=_plain_types,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
