"""The first line of the status page: the answer to "is everything in Zoho Books?", in one sentence."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

UNFINISHED = frozenset({"stopped", "failed", "delayed", "interrupted"})
"""Outcomes of a run after which something may be left to do."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the headline. Counts are sales and refunds, `left_out` those of `records` that a rule
    excluded; `payouts_needing` are payouts that need a person.

    `next_step` is "" as soon as only sync has to be switched on; `last_outcome` is "" if no run ever ended.
    """

    next_step: str
    sync_on: bool
    provider_status: str
    books_status: str
    waiting: int
    needs_person: int
    left_out: int
    records: int
    last_outcome: str
    last_sentence: str
    ever_synced: bool
    payouts_needing: int = 0


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
    if not now.sync_on:
        yield Headline(f"Sync is off. Sales made now are left out.{waits}", "warn")
    if now.needs_person:
        yield Headline(f"{_sales(now.needs_person, 'needs', 'need')} you.", "warn")
    if now.payouts_needing:
        many = now.payouts_needing > 1
        yield Headline(f"{now.payouts_needing:,} {'payouts need' if many else 'payout needs'} you.", "warn")
    if now.last_outcome in UNFINISHED:
        yield Headline(f"The last sync didn't finish. {now.last_sentence}", "warn")
    if not now.ever_synced:
        yield Headline("Nothing was synced yet. Press Sync Now to begin.", "idle")
    if not now.records:
        yield Headline("No sale was read from HitPay yet.", "idle")
    yield Headline(_all_in(now), "good")


def _all_in(now: Situation) -> str:
    """What is in the books, said flatly only if nothing is missing there."""
    if now.waiting and now.left_out:
        out = f"{now.left_out:,} {'is' if now.left_out == 1 else 'are'} left out"
        return f"{_sales(now.waiting, 'waits', 'wait')}, {out}; everything else is in Zoho Books."
    if now.waiting:
        return f"{_sales(now.waiting, 'waits', 'wait')}; everything else is in Zoho Books."
    if now.left_out:
        return f"Everything that is synced is in Zoho Books; {_sales(now.left_out, 'is', 'are')} left out."
    return "Everything HitPay told at the last sync is in Zoho Books."


def _sales(count: int, one: str, many: str) -> str:
    return f"1 sale {one}" if count == 1 else f"{count:,} sales {many}"
