"""Every table, so that migrations and tests see them all."""

from __future__ import annotations

from app.store import (
    audits,
    businesses,
    call_days,
    connections,
    installs,
    leases,
    movements,
    outbox,
    people,
    proof,
    runs,
    settings,
    snapshots,
)  # fmt: skip
from app.store.db import Base

ROOMS = (
    audits, businesses, call_days, connections, installs, leases, movements, outbox, people, proof, runs, settings, snapshots,
)  # fmt: skip

ALL = tuple(Base.metadata.sorted_tables)
