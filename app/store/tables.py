"""Every table, so that migrations and tests see them all."""

from __future__ import annotations

from app.store import (
    audits,
    businesses,
    connections,
    installs,
    leases,
    movements,
    outbox,
    people,
    runs,
    settings,
    snapshots,
)
from app.store.db import Base

ROOMS = (audits, businesses, connections, installs, leases, movements, outbox, people, runs, settings, snapshots)

ALL = tuple(Base.metadata.sorted_tables)
