"""Every table, so that migrations and tests see them all."""

from __future__ import annotations

from app.store import (
    alerting,
    businesses,
    connections,
    health,
    incidents,
    leases,
    mails,
    movements,
    outbox,
    people,
    runs,
    settings,
    snapshots,
)
from app.store.db import Base

ROOMS = (alerting, businesses, connections, health, incidents, leases, mails, movements, outbox, people, runs, settings,
         snapshots)  # fmt: skip

ALL = tuple(Base.metadata.sorted_tables)
