"""Every table, so that migrations and tests see them all."""

from __future__ import annotations

from app.store import (
    businesses,
    connections,
    leases,
    marks,
    movements,
    outbox,
    people,
    runs,
    settings,
    snapshots,
    webhooks,
)
from app.store.db import Base

ROOMS = (businesses, connections, leases, marks, movements, outbox, people, runs, settings, snapshots, webhooks)

ALL = tuple(Base.metadata.sorted_tables)
