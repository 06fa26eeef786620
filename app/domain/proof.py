"""The proof log: entries chained by their hashes, so that nothing in it can be changed unseen. Pure.

Each entry's hash is SHA-256 over the hash before it and the entry as canonical JSON: one array, its values in the order
of `Entry`, instants in UTC with six decimals. The hash of the newest entry is kept apart, so that a missing end is seen
as well. Whoever can write both could make a whole new log; who doesn't trust the machine keeps a head elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

BEGINNING = "0" * 64
"""What stands before the first entry."""

_canonical = msgspec.json.Encoder()


class Entry(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One thing that was tried, decided or repaired, as the `number`-th of its business.

    It is about a document (`effect_id`) or a record (`movement_id`); `person` names who did it, "" for Tieout itself.
    """

    business_id: int
    number: int
    effect_id: int | None
    movement_id: int | None
    at: str
    fence: int | None
    person: str
    what: str
    outcome: str
    detail: str


class Head(msgspec.Struct, frozen=True):
    """The number and the hash of the newest entry."""

    number: int = 0
    hash: str = BEGINNING


class Break(msgspec.Struct, frozen=True):
    """The first entry at which a log doesn't hold, and what is wrong with it."""

    number: int
    says: str


def instant(at: datetime) -> str:
    """An instant as entries hold it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def link(previous: str, entry: Entry) -> str:
    """The hash of an entry that follows the one whose hash is `previous`."""
    return hashlib.sha256(previous.encode() + _canonical.encode(entry)).hexdigest()


def first_break(entries: Iterable[tuple[Entry, str]], head: Head | None) -> tuple[int, Break | None]:
    """How many entries hold, and where the log breaks, None if it holds to its end.

    `entries` by number, each with its stored hash; `head` as kept apart, None if it isn't there.
    """
    last = Head()
    for entry, stored in entries:
        expected = last.number + 1
        if entry.number != expected:
            return last.number, Break(expected, _out_of_order(expected, entry.number))
        if link(last.hash, entry) != stored:
            return last.number, Break(
                expected, f"Entry {expected} isn't as it was written, or the one before it isn't."
            )
        last = Head(entry.number, stored)
    return last.number, _at_the_end(last, head)


def _out_of_order(expected: int, found: int) -> str:
    if found > expected:
        return f"Entry {expected} is missing."
    return f"Entry {found} stands there a second time."


def _at_the_end(last: Head, head: Head | None) -> Break | None:
    if head is None:
        return Break(last.number, "The head of the log, kept apart, is missing.") if last.number else None
    if head.number > last.number:
        missing = head.number - last.number
        said = "The last entry is missing." if missing == 1 else f"The last {missing:,} entries are missing."
        return Break(last.number + 1, said)
    if head.number < last.number:
        return Break(head.number + 1, f"What follows entry {head.number} was not written by Tieout.")
    if head.hash != last.hash:
        return Break(last.number, f"Entry {last.number} isn't the one that Tieout wrote last.")
    return None
