"""Sync rules: the settings of a business as the planner sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec


class Grouping(StrEnum):
    """One set of documents per charge, or one per local day and currency."""

    BULK = "bulk"
    INDIVIDUAL = "individual"


class LockedPeriod(StrEnum):
    """What becomes of a document dated in a locked period of the books."""

    WAIT = "wait"
    NEXT_OPEN_DAY = "next_open_day"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Account and item ids in the books, grouping, and the selected channels (none: all of them).

    `payout_account` is where payouts arrive, "" if they aren't to be written.
    `sales_tax` is what a person chose for sales, `item_tax` what the Default Item bears by itself: `tax:<id>`,
    `exemption:<id>` or "". With `own_numbers` invoices and credit notes are numbered by their references.
    `names` holds what the ids were called when they were saved, to speak of them without asking the books.
    """

    sales_account: str
    fee_account: str
    refund_account: str
    bank_account: str
    default_item: str
    clearing_currency: str
    grouping: Grouping = Grouping.BULK
    channels: tuple[str, ...] = ()
    names: dict[str, str] = {}
    payout_account: str = ""
    sales_tax: str = ""
    item_tax: str = ""
    own_numbers: bool = False
    locked_period: LockedPeriod = LockedPeriod.WAIT

    @property
    def tax(self) -> str:
        """What sales bear."""
        return self.sales_tax or self.item_tax

    def name_of(self, books_id: str) -> str:
        """What an id was called when it was chosen."""
        return self.names.get(books_id, books_id)


class RulesVersion(msgspec.Struct, frozen=True):
    """Rules that hold from an instant (aware UTC) until the next version."""

    valid_from: datetime
    rules: Rules


def in_force_at(versions: Sequence[RulesVersion], instant: datetime) -> Rules:
    """The rules that held at `instant`; the oldest ones for an instant before all of them."""
    current = versions[0].rules
    for version in versions:
        if version.valid_from <= instant:
            current = version.rules
    return current
