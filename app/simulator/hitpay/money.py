"""What an account is owed and was paid: `/balances`, `/payouts`, `/payouts/{id}`.

Known of payouts: the addresses, newest first, a `status` filter. That their list is enveloped and paged like charges
is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request

from app.simulator.hitpay.charges import envelope
from app.simulator.hitpay.paging import page_of
from app.simulator.hitpay.query import read_query
from app.simulator.hitpay.refusals import missing
from app.simulator.hitpay.shapes import balances_json, payout_json
from app.simulator.settlement import owed
from app.simulator.world import PAYOUTS, World

Row = dict[str, Any]


@dataclass(frozen=True)
class Money:
    """The answers about payouts and balances. `base_url` is what stands for https://api.hit-pay.com/v1."""

    world: World
    base_url: str

    def balances(self, account: Row) -> list[Row]:
        payouts = self.world.state.find(PAYOUTS, "account", account["id"])
        return balances_json(account["home_currency"], owed(self.world.charges(account["id"]), payouts))

    def payouts(self, account: Row) -> Row:
        status = request.args.get("status")
        arguments = request.args.copy()
        arguments.pop("status", None)
        query = read_query(arguments, self.world.local_day(account, self.world.clock.now()))
        page = page_of(
            self.world.state,
            PAYOUTS,
            lambda row: row["account"] == account["id"] and (status is None or row["status"] == status),
            query.per_page,
            query.cursor,
            newest_first=True,
        )
        return envelope(page, f"{self.base_url}/payouts", query.per_page, (), payout_json)

    def payout(self, account: Row, payout_id: str) -> Row:
        row = self.world.state.get(PAYOUTS, payout_id)
        if row is None or row["account"] != account["id"]:
            raise missing("Payout", payout_id)
        return payout_json(row)
