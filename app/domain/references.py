"""References: the deterministic names of documents, made of provider facts only."""

from __future__ import annotations

import re
from datetime import date

MAX_LENGTH = 50
"""Zoho's specification says 100; one client met 50 on payments, so 50 it is (Zoho FACTS, section 6)."""


def for_charge(charge_id: str) -> str:
    """The name shared by a charge's invoice, customer payment and expense."""
    return _checked(f"HP-{charge_id}")


def for_day(day: date, currency: str, number: int) -> str:
    """The name shared by a day's invoice, customer payment and expense; `number` above 1 is a supplement's."""
    return _checked(f"HP-{day.isoformat()}-{currency}" + (f"-{number}" if number > 1 else ""))


_DAY = re.compile(r"HP-(\d{4}-\d{2}-\d{2})-([A-Z]{3})(?:-(\d+))?")

DAY_PATTERN = "HP-____-__-__-___%"
"""Finds the references of days by SQL's LIKE: no charge id has a hyphen in the fifth place."""


def day_named(reference: str) -> tuple[date, str, int] | None:
    """Day, currency and number that a reference names, or None if it names no day."""
    found = _DAY.fullmatch(reference)
    return (date.fromisoformat(found[1]), found[2], int(found[3] or 1)) if found else None


def _checked(reference: str) -> str:
    if len(reference) > MAX_LENGTH or not reference.isascii() or not reference.isprintable():
        raise ValueError(f"{reference!r} can't be a reference: at most {MAX_LENGTH} printable ASCII characters")
    return reference
