"""Where the proof log of each business ends: kept apart from its entries, moved on in their transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.proof import Entry, Head, instant, link
from app.store.db import Base, table_of
from app.store.prepared import Prepared, Rows


class ProofHead(Base):
    """The number and the hash of the newest entry in the log of a business."""

    __tablename__ = "proof_heads"

    business_id: Mapped[int] = mapped_column(sa.ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(sa.String(64))


_heads = table_of(ProofHead)
_effects = sa.table("effects", sa.column("id", sa.BigInteger), sa.column("business_id", sa.Integer))

# Prepared once: these run with every document.
_HEAD_OF_EFFECT = Prepared(
    sa.select(_effects.c.business_id, _heads.c.number, _heads.c.hash)
    .select_from(_effects.outerjoin(_heads, _heads.c.business_id == _effects.c.business_id))
    .where(_effects.c.id == sa.bindparam("effect"))
)
_HEAD = Prepared(
    sa.select(_heads.c.business_id, _heads.c.number, _heads.c.hash).where(
        _heads.c.business_id == sa.bindparam("business")
    )
)
_MOVE_ON = Prepared(
    sa.update(_heads)
    .where(_heads.c.business_id == sa.bindparam("business"), _heads.c.hash == sa.bindparam("seen"))
    .values(number=sa.bindparam("new_number"), hash=sa.bindparam("new_hash"))
)
_BEGIN = Prepared(sa.insert(_heads).values({name: sa.bindparam(name) for name in ("business_id", "number", "hash")}))


def sealed(on: Rows | sa.Connection, about: dict[str, Any], at: datetime, said: dict[str, Any]) -> dict[str, Any]:
    """A whole row of the log, chained to the newest one of its business; the head has moved on to it.

    `about` holds `effect_id`, or `business_id` and `movement_id`, or all that is known; `said` the rest. A head that
    was remembered is only believed if the table still says the same; another writer of the same business waits.
    """
    remembered: dict[str, Any] = on.remembered if isinstance(on, Rows) else {}
    row = {"effect_id": None, "movement_id": None} | about | said
    while True:
        business_id, head = _remembered(remembered, about) or _read(on, about)
        row["business_id"], row["number"] = business_id, head.number + 1
        digest = link(head.hash, Entry(**row, at=instant(at)))
        if _moved(on, business_id, head, digest):
            remembered["effect"], remembered["head"] = (
                (about.get("effect_id"), business_id),
                Head(row["number"], digest),
            )
            return row | {"at": at, "hash": digest}
        remembered.clear()


def _remembered(remembered: dict[str, Any], about: dict[str, Any]) -> tuple[int, Head] | None:
    """The head after the last entry on this connection, if that was about the same business."""
    if not remembered:
        return None
    effect, business_id = remembered["effect"]
    same = about.get("business_id", business_id if about.get("effect_id") == effect else None) == business_id
    return (business_id, remembered["head"]) if same else None


def _read(on: Rows | sa.Connection, about: dict[str, Any]) -> tuple[int, Head]:
    if "business_id" in about:
        known = about["business_id"]
        found: tuple[Any, ...] | None = _HEAD.first(on, {"business": known}) or (known, None, "")
    else:
        found = _HEAD_OF_EFFECT.first(on, {"effect": about["effect_id"]})
    if found is None:
        raise LookupError(f"there is no effect {about['effect_id']}")
    business_id, number, digest = found
    return int(business_id), Head() if number is None else Head(int(number), str(digest))


def _moved(on: Rows | sa.Connection, business_id: int, seen: Head, digest: str) -> bool:
    number = seen.number + 1
    if not seen.number and not _HEAD.first(on, {"business": business_id}):
        return _BEGIN.run(on, {"business_id": business_id, "number": number, "hash": digest}) == 1
    values = {"business": business_id, "seen": seen.hash, "new_number": number, "new_hash": digest}
    return _MOVE_ON.run(on, values) == 1
