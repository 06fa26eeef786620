"""References: the deterministic names of documents, made of provider facts only."""

from __future__ import annotations

MAX_LENGTH = 50
"""Zoho's specification says 100; one client met 50 on payments, so 50 it is (Zoho FACTS, section 6)."""


def for_charge(charge_id: str) -> str:
    """The name shared by a charge's invoice, customer payment and expense."""
    return _checked(f"HP-{charge_id}")


def _checked(reference: str) -> str:
    if len(reference) > MAX_LENGTH or not reference.isascii() or not reference.isprintable():
        raise ValueError(f"{reference!r} can't be a reference: at most {MAX_LENGTH} printable ASCII characters")
    return reference
