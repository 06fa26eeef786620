"""Every table, so that migrations and tests see them all."""

from __future__ import annotations

from app.store import (  # noqa: F401 - each brings its tables along
    alerting,
    audits,
    businesses,
    call_days,
    connections,
    health,
    incidents,
    installs,
    leases,
    mails,
    marks,
    movements,
    outbox,
    people,
    proof,
    runs,
    settings,
    snapshots,
    webhooks,
)
from app.store.db import Base

ALL = tuple(Base.metadata.sorted_tables)
