"""How HitPay settles in the ninety days: when it pays out, and what of what is due."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.simulator.settlement import may_settle
from tests.shop import ACCOUNT, Shop

EVERY, LAST = 3, 86
"""Every how many days, and the last one: the runs of the days after it bring all of it to an end."""

WHILE_CHOOSING = (30, 33, 55, 57, 60, 63)
"""Days on which there is a payout in the last second before a choice and one in its own."""


class Settling:
    """Payouts of the shop's world. Its chances are its own, so that payouts change nothing else in the story."""

    def __init__(self, shop: Shop, zone: ZoneInfo, seed: int) -> None:
        self.shop, self.zone = shop, zone
        self.rng = random.Random(seed)  # noqa: S311 - a story to tell, not a secret

    def is_due(self, number: int) -> bool:
        """Whether HitPay pays out on day `number`."""
        return number % EVERY == 2 and number <= LAST

    def some_time(self, start: datetime, until: datetime) -> datetime:
        """Some second, often the last or first one of a local day."""
        midnight = datetime.combine(until.astimezone(self.zone).date(), time(), self.zone).astimezone(UTC)
        at = self.rng.choice((midnight - timedelta(seconds=1), midnight, start + (until - start) * self.rng.random()))
        return min(max(at.replace(microsecond=0), start), until)

    def pay_out(self) -> None:
        """Settle all that is due; every other time only what was sold a day before, as banks are slow."""
        until = self.shop.clock.now() - timedelta(days=self.rng.choice((0, 1)))
        rows = [row for row in self.shop.world.charges(ACCOUNT) if may_settle(row)]
        due = [row["id"] for row in rows if datetime.fromisoformat(row["created_at"]) <= until]
        if due:
            self.shop.world.pay_out(ACCOUNT, due)
