"""What happens in ninety days: a seeded story of sales, refunds, corrections and decisions, second by second."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.services.connections import books_connection, provider_connection
from app.simulator.charge import PAID
from tests.expected_books import Accounts, ExpectedBooks
from tests.ninety_days.settling import WHILE_CHOOSING, Settling
from tests.shop import ACCOUNT, Shop

Act = Callable[[], Any]
Row = dict[str, Any]

CODES = ("api_store", "api_store", "api_woocomm", "point_of_sale", "api_shopify", "api_soundbox", None)
METHODS = ("card", "paynow_online", "grabpay", "cash")
FOREIGN = {"usd": ("1.34567", "12.34", "480.00"), "jpy": ("0.00891", "900", "64000")}
"""About what one is worth in the home currency, and between which amounts sales lie: yen have no smaller unit."""

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Variant:
    """One of the worlds: how it begins, and the instant at which the organization's clocks change."""

    grouping: str
    zone: str
    first: date
    clocks_change: datetime
    rate_decimals: int
    seed: int


@dataclass
class Life:
    """The shop's days, lived on its clock; the second bookkeeper is told of each decision as it is taken."""

    shop: Shop
    variant: Variant
    books: ExpectedBooks = field(init=False)
    rng: random.Random = field(init=False)
    chosen: dict[str, Any] = field(init=False)
    connected: bool = True
    settling: Settling = field(init=False)

    def __post_init__(self) -> None:
        self.settling = Settling(self.shop, self.zone, self.variant.seed)
        self.rng = random.Random(self.variant.seed)  # noqa: S311 - a story to tell, not a secret
        self.chosen = {"grouping": self.variant.grouping, "channels": (), "sync_enabled": True}

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.variant.zone)

    @property
    def now(self) -> datetime:
        return self.shop.clock.now()

    @property
    def is_on(self) -> bool:
        return self.connected and bool(self.chosen["sync_enabled"])

    def begin(self) -> None:
        """Three sales nobody may post, one of them paid out; then everything is connected and sync is on."""
        for _sale in range(3):
            sold = self.sell()
            self.shop.clock.advance(10 * MINUTE)
        self.shop.world.pay_out(ACCOUNT, [sold["id"]])
        self.shop.clock.advance(MINUTE)
        self.shop.set_organization(time_zone=self.variant.zone)
        self.chosen["payout_account"] = self.shop.truth()["accounts"]["DBS Current Account"]["account_id"]
        self.shop.set_up(grouping=self.variant.grouping, payout_account=self.chosen["payout_account"])
        ids = self.shop.accounts
        accounts = Accounts(ids["Sales"], ids["HitPay Fees"], ids["Refunds payable"], ids["HitPay Clearing"])
        self.books = ExpectedBooks(self.zone, accounts, self.variant.grouping)
        self.books.switch_on(self.now)
        self.books.channels.append((self.now, ()))
        self.books.payout_accounts.append((self.now, self.chosen["payout_account"]))

    def live_until_run(self, number: int) -> None:
        """Everything between the last run and that of day `number`; the clock stands at the run's time afterwards."""
        until = self._run_time(number)
        acts = sorted(self._acts(number, self.now + SECOND, until), key=lambda one: one[0])
        for at, act in acts:
            self.shop.clock.move_to(at)
            act()
        self.shop.clock.move_to(until)

    def _run_time(self, number: int) -> datetime:
        """The night after day `number`; now and then the evening after it, when the books' day isn't HitPay's.

        One run a local day: only the first reading of a day looks back for weeks.
        """
        at = time(21, 30) if number % 6 == 4 else time(1, 0)
        return datetime.combine(self.variant.first + timedelta(days=number + 1), at, self.zone).astimezone(UTC)

    def _acts(self, number: int, start: datetime, until: datetime) -> Iterator[tuple[datetime, Act]]:
        for _sale in range(self.rng.randint(1, 3)):
            yield self._between(start, until), self.sell
        for at in self._edges(start, until):
            yield at, self.sell
        for chance, act in (
            (0.35, self.refund), (0.15, self.refund_twice), (0.1, self.refund_whole), (0.08, self.void_new),
            (0.1, self.void_old), (0.2, self.correct_fee), (0.1, self.correct_again), (0.1, self.fee_there_and_back),
            (0.12, self.sell_late), (0.12, self.begin_payment), (0.12, self.end_payment), (0.08, self.take_cash),
        ):  # fmt: skip
            if self.rng.random() < chance:
                yield self._between(start, until), act
        decisions = self._decisions().get(number, ())
        for at, act in zip(sorted(self._between(start, until - MINUTE) for _one in decisions), decisions, strict=True):
            paid: list[Act] = [self.settling.pay_out] if number in WHILE_CHOOSING else []
            yield from ((at - SECOND, one) for one in (self.sell, *paid))
            yield from ((at, one) for one in (act, self.sell, *paid))
        if self.settling.is_due(number):
            yield self.settling.some_time(start, until), self.settling.pay_out

    def _between(self, start: datetime, until: datetime) -> datetime:
        span = max(int((until - start).total_seconds()), 1)
        return start + timedelta(seconds=self.rng.randrange(span))

    def _edges(self, start: datetime, until: datetime) -> Iterator[datetime]:
        """The last and the first second of days, and the seconds around the change of clocks."""
        midnight = datetime.combine(until.astimezone(self.zone).date(), time(), self.zone).astimezone(UTC)
        change = self.variant.clocks_change
        near = [change + step for step in (-30 * MINUTE, -SECOND, timedelta(), 30 * MINUTE, 90 * MINUTE)]
        edges = [midnight - SECOND, midnight] if self.rng.random() < 0.25 or abs(until - change) < 2 * DAY else []
        return (at for at in (*edges, *near) if start <= at < until)

    # What buyers do.

    def sell(self, **changes: Any) -> Row:
        """A sale paid at once, or within ten minutes, which may be after midnight."""
        currency = changes.get("currency") or self.rng.choice(("sgd", "sgd", "sgd", "sgd", "usd", "jpy"))
        rate, least, most = FOREIGN.get(currency, ("1", "0.55", "240.00"))
        unit = Decimal(1) if currency == "jpy" else Decimal("0.01")
        amount = (Decimal(least) + (Decimal(most) - Decimal(least)) * Decimal(self.rng.random())).quantize(unit)
        moved = 1 if currency == "sgd" else 1 + Decimal(self.rng.randrange(-400, 400)) / 10000
        given: dict[str, Any] = {
            "amount": amount,
            "currency": currency,
            "exchange_rate": Decimal(rate) * moved,
            "channel": self.rng.choice(CODES),
            "method": self.rng.choice(METHODS),
            "order_reference_number": self.rng.choice((None, f"{self.rng.randrange(9000) + 1000}")),
        }
        return self.shop.world.add_charge(ACCOUNT, **(given | changes))

    def sell_late(self) -> None:
        """A sale that HitPay tells of days after it was paid."""
        at = self.now - timedelta(minutes=self.rng.randrange(60, 12 * 24 * 60))
        at = max(at, self.books.periods[0][0] - 5 * MINUTE)
        self.sell(created_at=at, closed_at=at + 5 * MINUTE, updated_at=at + 5 * MINUTE)

    def sell_yesterday(self) -> None:
        """A sale of a day whose summary, if days have summaries by now, is in the books already."""
        at = self.now - DAY
        self.sell(currency="sgd", created_at=at, closed_at=at, updated_at=at)

    def take_cash(self) -> None:
        self.sell(status="succeeded_manually", method="cash")

    def begin_payment(self) -> None:
        self.sell(status="requires_payment_method")

    def end_payment(self) -> None:
        """What was begun on some day is paid today, with its fee."""
        for row in self._some(1, lambda row: row["status"] == "requires_payment_method" and self._is_new(row)):
            fee = {"fixed_fee": Decimal("0.50"), "discount_fee": Decimal("1.11")}
            self.shop.world.change_charge(row["id"], status="succeeded", closed_at=self.now, is_captured=True, **fee)

    # What the merchant does, and HitPay.

    def refund(self) -> None:
        """Half, or a third, or an odd part of a sale of any age."""
        for row in self._some(1, lambda row: row["status"] in PAID and row["refunded_amount"] < row["amount"]):
            self._give_back(row, Decimal(self.rng.choice(("0.5", "0.3334", "0.07"))))

    def refund_twice(self) -> None:
        """Two refunds of one sale, between two runs, the second of all that is left."""
        for row in self._some(1, lambda row: row["status"] == "succeeded"):
            self._give_back(row, Decimal("0.4"))
            self.shop.clock.advance(SECOND)
            self.shop.world.refund(row["id"])

    def refund_whole(self) -> None:
        for row in self._some(1, lambda row: row["status"] in ("succeeded", "partially_refunded")):
            self.shop.world.refund(row["id"])

    def _give_back(self, row: Row, share: Decimal) -> None:
        unit = Decimal(1) if row["currency"] == "jpy" else Decimal("0.01")
        amount = max((row["amount"] * share).quantize(unit), unit)
        self.shop.world.refund(row["id"], min(amount, row["amount"] - row["refunded_amount"]))

    def void_new(self) -> None:
        """A sale that is void before any run sees it, unless one passed in these minutes."""
        self.shop.world.change_charge(self.sell()["id"], status="void")

    def void_old(self) -> None:
        for row in self._some(1, lambda row: row["status"] == "succeeded"):
            self.shop.world.change_charge(row["id"], status="void")

    def correct_fee(self) -> None:
        """Another fee for a sale of the last weeks: more, less, or none at all."""
        for row in self._some(1, self._is_recent):
            fee = self.rng.choice((Decimal("0"), row["discount_fee"] + Decimal("0.35"), row["discount_fee"] / 2))
            self._set_fee(row, fee.quantize(Decimal("0.01")))

    def correct_again(self) -> None:
        """One more correction of a fee that was corrected before."""
        for row in self._some(1, lambda row: self._is_recent(row) and self._was_corrected(row)):
            self._set_fee(row, row["discount_fee"] + Decimal("0.21"))

    def _was_corrected(self, row: Row) -> bool:
        return row["id"] in self.books.sales and self.books.sales[row["id"]].corrections > 0

    def fee_there_and_back(self) -> None:
        """Two changes that undo each other between two runs."""
        for row in self._some(1, self._is_recent):
            self._set_fee(row, row["discount_fee"] + Decimal("1.00"))
            self.shop.clock.advance(SECOND)
            self._set_fee(row, row["discount_fee"])

    def _set_fee(self, row: Row, discount_fee: Decimal) -> None:
        self.shop.world.change_charge(row["id"], discount_fee=discount_fee)

    def _is_recent(self, row: Row) -> bool:
        return row["status"] in PAID and self._is_new(row)

    def _is_new(self, row: Row) -> bool:
        """HitPay's list is read five weeks back: changes of older sales are seen only if they were refunded too."""
        return self.now - datetime.fromisoformat(row["created_at"]) < 30 * DAY

    def _some(self, count: int, wanted: Callable[[Row], bool]) -> list[Row]:
        found = [row for row in self.shop.world.charges(ACCOUNT) if wanted(row)]
        return self.rng.sample(found, min(count, len(found)))

    # What a person decides in Tieout.

    def _decisions(self) -> dict[int, tuple[Act, ...]]:
        """The days on which somebody changes something, counted from the first."""
        other = "individual" if self.variant.grouping == "bulk" else "bulk"
        return {
            12: (lambda: self._choose(grouping=other),),
            13: (lambda: self.sell(currency="sgd"),),
            14: (self.sell_yesterday,),
            17: (lambda: self._choose(grouping=self.variant.grouping),),
            22: (lambda: self._choose(channels=("online_store", "point_of_sale", "soundbox")),),
            30: (lambda: self._choose(sync_enabled=False),),
            33: (lambda: self._choose(sync_enabled=True),),
            40: (lambda: self._choose(channels=("online_store", "woocommerce")),),
            48: (lambda: self._choose(channels=()), lambda: self._choose(grouping=other)),
            55: (lambda: self._choose(payout_account=""),),
            57: (lambda: self._choose(payout_account=self.shop.accounts["Petty Cash"]),),
            52: (lambda: self._choose(grouping=self.variant.grouping),),
            60: (self._disconnect_books,),
            63: (self._connect_books,),
            70: (self._reconnect_provider,),
            75: (lambda: self._choose(grouping=other), lambda: self._choose(sync_enabled=False),
                 lambda: self._choose(sync_enabled=True)),
            80: (lambda: self._choose(grouping=self.variant.grouping),),
        }  # fmt: skip

    def _choose(self, **changes: Any) -> None:
        was_on, self.chosen = self.is_on, self.chosen | changes
        self.shop.save(**self.chosen)
        self.books.grouping = self.chosen["grouping"]
        self.books.channels.append((self.now, self.chosen["channels"]))
        self.books.payout_accounts.append((self.now, self.chosen["payout_account"]))
        if was_on and not self.is_on:
            self.books.switch_off(self.now)
        if self.is_on and not was_on:
            self.books.switch_on(self.now)

    def _disconnect_books(self) -> None:
        books_connection.disconnect(self.shop.outside, self.shop.business)
        self.connected = False
        self.books.switch_off(self.now)

    def _connect_books(self) -> None:
        self.shop.connect_books()
        self.connected = True
        self.books.switch_on(self.now)

    def _reconnect_provider(self) -> None:
        """Half an hour without HitPay, with a sale in it."""
        provider_connection.disconnect(self.shop.outside, self.shop.business)
        self.books.switch_off(self.now)
        self.shop.clock.advance(15 * MINUTE)
        self.sell()
        self.shop.clock.advance(15 * MINUTE)
        self.shop.connect_provider()
        self.books.switch_on(self.now)
