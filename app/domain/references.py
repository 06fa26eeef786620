"""References: the deterministic names of documents, made of provider facts only."""

from __future__ import annotations

import re
from datetime import date

MAX_LENGTH = 50
"""Zoho's specification says 100; one client met 50 on payments, so 50 it is (Zoho FACTS, section 6)."""


PREFIX = "HP"
"""What every reference begins with."""

_OURS = re.compile(r"HP[RPV]?-[!-~]+")


def is_reference(text: str) -> bool:
    """Whether a text has the shape of a reference of ours."""
    return _OURS.fullmatch(text) is not None


def charge_named(reference: str) -> str:
    """The charge whose own documents bear this reference, "" if it names a day or something else."""
    if not reference.startswith("HP-") or day_named(reference) or _FEE.search(reference):
        return ""
    return reference.removeprefix("HP-")


def for_charge(charge_id: str) -> str:
    """The name shared by a charge's invoice, customer payment and expense."""
    return _checked(f"HP-{charge_id}")


def for_day(day: date, currency: str, number: int) -> str:
    """The name shared by a day's invoice, customer payment and expense; `number` above 1 is a supplement's."""
    return _checked(f"HP-{day.isoformat()}-{currency}" + (f"-{number}" if number > 1 else ""))


def for_refund(refund_id: str) -> str:
    """The name shared by a refund's credit note and the refund of that note."""
    return _checked(f"HPR-{refund_id}")


def for_refund_day(day: date, sale_reference: str, number: int) -> str:
    """The name of the credit note for all refunds of `day` of the sales in one summary; `number` from 1.

    `HPR-<refund day>-<currency>-<original day>`, where the original is a supplement with its number too.
    """
    named = day_named(sale_reference)
    if named is None:
        raise ValueError(f"{sale_reference!r} names no day")
    original, currency, supplement = named
    original_name = original.isoformat() + (f"-{supplement}" if supplement > 1 else "")
    return _checked(f"HPR-{day.isoformat()}-{currency}-{original_name}" + (f".{number}" if number > 1 else ""))


def for_void(charge_id: str) -> str:
    """The name shared by the documents that reverse a charge which became void after it was posted."""
    return _checked(f"HPV-{charge_id}")


def for_fee(charge_id: str, number: int) -> str:
    """The name of the `number`-th correction of a charge's fee."""
    return _checked(f"HP-{charge_id}-F{number}")


def for_payout(payout_id: str) -> str:
    """The name of a payout's transfer."""
    return _checked(f"HPP-{payout_id}")


REFUND_DAY_PATTERN = "HPR-____-__-__-___-%"
"""Finds the references of refund days by SQL's LIKE."""


def refund_day_number(reference: str) -> tuple[str, int]:
    """A refund day's reference without its number, and the number."""
    base, _dot, number = reference.partition(".")
    return base, int(number or 1)


_FEE = re.compile(r"-F\d+$")

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
