"""Roles: who may do what in a business, from the reader to the owner."""

from __future__ import annotations

from app.store import businesses as table
from app.store.db import read

ROLES = ("accountant", "bookkeeper", "owner")
"""From the least to the most: an accountant reads, a bookkeeper also runs and decides, an owner also connects."""


def allows(role: str, needed: str) -> bool:
    """Whether `role` may do what needs `needed`."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def may_start_business(user_id: int) -> bool:
    """Whether a person may add a business: an owner of one, or somebody who has none yet."""
    with read() as session:
        roles = [role for _business, role in table.of_user(session, user_id)]
    return not roles or "owner" in roles
