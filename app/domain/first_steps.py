"""The way from a new business to its first sync: numbered steps, the one that comes next, and what is missing. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["done", "now", "later"]
_CONNECTED = ("connected", "failed")


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is there. The statuses are those of the connections; `saved` is whether settings were ever saved."""

    provider_status: str
    books_status: str
    saved: bool
    sync_on: bool
    ever_synced: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `key` is the page that does it, `who` the least role that may, `missing` what isn't there yet."""

    number: int
    key: str
    title: str
    state: State
    missing: str
    who: str
    button: str


def steps(now: Situation) -> tuple[Step, ...]:
    """All steps in their order; the first that isn't done comes next, and it alone is `now`."""
    picked = now.books_status in _CONNECTED
    rows = (
        ("provider", "Connect HitPay", now.provider_status in _CONNECTED, "owner", "Connect HitPay",
         _apart(now.provider_status, "HitPay") + " It takes an API key from HitPay's dashboard."),
        ("books", "Connect Zoho Books", picked or now.books_status == "choose_organization", "owner",
         "Connect Zoho Books", _apart(now.books_status, "Zoho Books") + " Zoho asks once whether Tieout may use it."),
        ("books", "Choose the organization", picked, "owner", "Choose the organization",
         "Zoho let Tieout in, but it isn't said yet whose books these are."),
        ("settings", "Choose the accounts and the item", picked and now.saved, "bookkeeper", "Choose the accounts",
         "Tieout doesn't know yet onto which accounts sales, fees and refunds belong. What it finds is offered."),
        ("settings", "Enable sync", now.sync_on, "bookkeeper", "Open Settings",
         "Sync is off. Only charges made while it is on go to Zoho Books."),
        ("status", "Sync for the first time", now.ever_synced, "bookkeeper", "",
         "Nothing was synced yet. Press Sync Now, or wait for the next hour."),
    )  # fmt: skip
    first = next((place for place, row in enumerate(rows) if not row[2]), len(rows))
    return tuple(
        Step(
            number=place + 1,
            key=key,
            title=title,
            state="done" if done else "now" if place == first else "later",
            missing="" if done else missing,
            who=who,
            button=button,
        )
        for place, (key, title, done, who, button, missing) in enumerate(rows)
    )


def _apart(status: str, name: str) -> str:
    return f"{name} was disconnected." if status == "disconnected" else f"{name} isn't connected yet."
