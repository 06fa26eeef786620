"""How many Zoho calls a document costs: a merchant's plan has a limit of them each day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from app import wiring
from tests.bench.figure import Figure
from tests.bench.shops import opened, synced, trade
from tests.shop import ACCOUNT, SIMULATOR_URL

CHARGES = 1_000
REFUNDS = 50


def measure() -> Iterator[Figure]:
    """Calls of individual sales, of a run that finds nothing, of a Bulk day and of refunds."""
    yield from _individual()
    yield _bulk()


def _individual() -> Iterator[Figure]:
    with opened() as shop:
        trade(shop, CHARGES)
        spent = synced(shop).total()
        with_fee = len(shop.documents("expenses"))
        yield Figure(
            name="Zoho calls per individual sale with fee",
            measured=spent / with_fee,
            bound=3.02,
            how=f"{spent} calls by the simulator's counter, for {CHARGES} sales of which {with_fee} bore a fee",
        )
        shop.outside = wiring.build(shop.app.extensions["config"], shop.clock, {SIMULATOR_URL: shop.transport})
        shop.clock.advance(timedelta(minutes=10))
        yield Figure(
            name="Zoho calls of a run that finds nothing to do",
            measured=synced(shop).total(),
            bound=0,
            how=f"after {CHARGES} sales, with all that a process remembers made anew",
        )
        for charge in shop.world.charges(ACCOUNT)[:REFUNDS]:
            shop.world.refund(charge["id"])
        shop.clock.advance(timedelta(minutes=10))
        spent = _of_documents(synced(shop))
        if len(shop.documents("creditnote_refunds")) != REFUNDS:
            raise RuntimeError("not every refund is in the books")
        yield Figure(
            name="Zoho calls per refund",
            measured=spent / REFUNDS,
            bound=2,
            how=f"{spent} calls for {REFUNDS} refunds, and {_ONCE}",
        )


def _bulk() -> Figure:
    with opened("bulk") as shop:
        trade(shop, 10)
        synced(shop)  # the customer is made with the first day
        trade(shop, CHARGES)
        spent = _of_documents(synced(shop))
        return Figure(
            name="Zoho calls per day and currency in Bulk",
            measured=spent,
            bound=3,
            how=f"the second day, {CHARGES} charges in one currency, and {_ONCE}",
        )


_ONCE = (
    "one look at the lock date, which every run takes that has something to write, "
    "and one at the balance, which the first run of a day takes"
)


def _of_documents(spent: Counter[str]) -> int:
    """The calls without those that don't grow with documents, days or currencies."""
    for name in ("get_transaction_lock", "list_bank_accounts"):
        if spent.pop(name, 0) > 1:
            raise RuntimeError(f"{name} was called more than once in one run")
    return spent.total()
