"""Every table, so that migrations and tests see them all."""

from __future__ import annotations

from app.store import (
    businesses,
    call_days,
    connections,
    leases,
    movements,
    outbox,
    people,
    proof,
    runs,
    settings,
    snapshots,
)
from app.store.db import Base

ROOMS = (businesses, call_days, connections, leases, movements, outbox, people, proof, runs, settings, snapshots)

ALL = tuple(Base.metadata.sorted_tables)
