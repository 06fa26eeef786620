"""The first line of the status page: the answer to "is everything in Zoho Books?", in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

UNFINISHED = frozenset({"stopped", "failed", "delayed", "interrupted"})
"""Outcomes of a run after which something may be left to do."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the headline. Counts are records; `last_outcome` is "" if no run ever ended."""

    next_step: str
    provider_status: str
    books_status: str
    waiting: int
    needs_person: int
    last_outcome: str
    last_sentence: str
    ever_synced: bool


class Headline(msgspec.Struct, frozen=True):
    """The sentence and its tone: `good`, `warn`, `bad` or `idle`."""

    sentence: str
    tone: str


def headline(now: Situation) -> Headline:
    """The one thing to say first: what needs a person comes before what is fine."""
    return next(_most_pressing_first(now))


def _most_pressing_first(now: Situation) -> Iterator[Headline]:
    waits = f" {_sales(now.waiting, 'waits', 'wait')}." if now.waiting else ""
    if now.books_status == "failed":
        yield Headline(f"Zoho Books asks you to sign in again.{waits}", "bad")
    if now.provider_status == "failed":
        yield Headline(f"HitPay doesn't accept the stored key any more.{waits}", "bad")
    if now.next_step:
        yield Headline(f"Not set up yet. {now.next_step}", "idle")
    if now.needs_person:
        yield Headline(f"{_sales(now.needs_person, 'needs', 'need')} you.", "warn")
    if now.last_outcome in UNFINISHED:
        yield Headline(f"The last sync didn't finish. {now.last_sentence}", "warn")
    if not now.ever_synced:
        yield Headline("Nothing was synced yet. Press Sync Now to begin.", "idle")
    if now.waiting:
        yield Headline(f"{_sales(now.waiting, 'waits', 'wait')}; everything else is in Zoho Books.", "good")
    yield Headline("Everything HitPay told at the last sync is in Zoho Books.", "good")


def _sales(count: int, one: str, many: str) -> str:
    return f"1 sale {one}" if count == 1 else f"{count:,} sales {many}"
