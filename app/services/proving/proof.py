"""Proof: the log of everything that was tried, checked link by link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.proof import Entry, Head, first_break, instant
from app.store.db import read
from app.store.outbox import Attempt
from app.store.proof import ProofHead

_AT_ONCE = 2_000


@dataclass(frozen=True)
class Verdict:
    """Whether the log of a business holds. `entries` hold from the first on; `broken_at` names the next, or None.

    `head` is the number and hash to note down elsewhere, "" for an empty log.
    """

    entries: int
    broken_at: int | None
    says: str
    head: str

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def verify(business_id: int) -> Verdict:
    """Walk the whole log of a business."""
    with read() as session:
        head = _head(session, business_id)
        held, broken = first_break(_entries(session, business_id), head)
    if broken:
        return Verdict(held, broken.number, broken.says, "")
    said = f"{held:,} entries, each as it was written." if held != 1 else "1 entry, as it was written."
    return Verdict(held, None, said if held else "Nothing was tried yet.", f"{head.number}:{head.hash}" if head else "")


def number_of_last(business_id: int) -> int:
    """How many entries the log of a business has by its head."""
    with read() as session:
        head = _head(session, business_id)
        return head.number if head else 0


def _head(session: Session, business_id: int) -> Head | None:
    row = session.get(ProofHead, business_id)
    return Head(row.number, row.hash) if row else None


def _entries(session: Session, business_id: int) -> Iterator[tuple[Entry, str]]:
    """Rows rather than objects: there may be millions."""
    columns = [getattr(Attempt, name) for name in Entry.__struct_fields__]
    wanted = (
        sa.select(*columns, Attempt.hash)
        .where(Attempt.business_id == business_id)
        .order_by(Attempt.number, Attempt.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for *values, digest in session.execute(wanted):
        fields = dict(zip(Entry.__struct_fields__, values, strict=True))
        yield Entry(**(fields | {"at": instant(fields["at"])})), digest
