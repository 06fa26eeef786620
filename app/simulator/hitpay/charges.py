"""Charges and refunds as HitPay answers them: `/charges`, `/charges/{id}`, `/refund/{id}`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from app.simulator.hitpay.paging import Page, page_of
from app.simulator.hitpay.query import ChargeQuery, read_query
from app.simulator.hitpay.refusals import missing
from app.simulator.hitpay.shapes import listed_charge, refund_json, single_charge
from app.simulator.world import PAYOUTS, REFUNDS, World, charges_collection

Row = dict[str, Any]

# The published sample of links.next carries the server's own innards: a client has no use for it.
_JUNK = [
    ("apiKey[incrementing]", "1"),
    ("apiKey[preventsLazyLoading]", "0"),
    ("apiKey[exists]", "1"),
    ("apiKey[wasRecentlyCreated]", "0"),
    ("apiKey[timestamps]", "1"),
    ("apiKey[usesUniqueIds]", "0"),
]


@dataclass(frozen=True)
class Charges:
    """The answers about charges and refunds. `base_url` is what stands for https://api.hit-pay.com/v1."""

    world: World
    base_url: str

    def listed(self, account: Row) -> Row:
        query = self._query(account)
        return self.envelope(account, query, "charges", query.matches)

    def single(self, account: Row, charge_id: str) -> Row:
        state = self.world.state
        row = state.get(charges_collection(account["id"]), charge_id)
        if row is None:
            raise missing("Charge", charge_id)
        refunds = [refund for key in row["refunds"] if (refund := state.get(REFUNDS, key))]
        return single_charge(row, refunds, state.get(PAYOUTS, row["payout_id"] or ""))

    def refund(self, account: Row, refund_id: str) -> Row:
        row = self.world.state.get(REFUNDS, refund_id)
        if row is None or self.world.state.get(charges_collection(account["id"]), row["payment_id"]) is None:
            raise missing("Refund", refund_id)
        return refund_json(row)

    def of_payout(self, account: Row, payout_id: str) -> Row:
        """The charges of one payout; refused as missing if the payout is another account's."""
        payout = self.world.state.get(PAYOUTS, payout_id)
        if payout is None or payout["account"] != account["id"]:
            raise missing("Payout", payout_id)
        query = self._query(account)
        return self.envelope(account, query, f"payouts/{payout_id}/charges", lambda row: row["payout_id"] == payout_id)

    def envelope(self, account: Row, query: ChargeQuery, path: str, matches: Callable[[Row], bool]) -> Row:
        """`data`, `links` and `meta` of one page."""
        page = page_of(
            self.world.state,
            charges_collection(account["id"]),
            matches,
            query.per_page,
            query.cursor,
            account["newest_first"],
        )
        return envelope(page, f"{self.base_url}/{path}", query.per_page, query.statuses, listed_charge)

    def _query(self, account: Row) -> ChargeQuery:
        return read_query(request.args, self.world.local_day(account, self.world.clock.now()))


def envelope(page: Page, address: str, per_page: int, statuses: tuple[str, ...], shape: Callable[[Row], Row]) -> Row:
    """HitPay's list envelope; the links carry junk and forget the other filters, as in the published sample."""
    kept = [*_JUNK, *((f"statuses[{number}]", status) for number, status in enumerate(statuses))]

    def link(cursor: str | None) -> str | None:
        return f"{address}?{urlencode([*kept, ('cursor', cursor)])}" if cursor else None

    return {
        "data": [shape(row) for row in page.rows],
        "links": {"first": None, "last": None, "prev": link(page.prev_cursor), "next": link(page.next_cursor)},
        "meta": {
            "path": address,
            "per_page": per_page,
            "next_cursor": page.next_cursor,
            "prev_cursor": page.prev_cursor,
        },
    }
