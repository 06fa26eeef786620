"""Worlds that nobody thought of: HitPay's raw rows and a person's decisions, reading by reading, for property tests."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.expected_books import CHANNELS
from tests.provider_truth import SALES, fee_of, gross_of

Row = dict[str, Any]

STEADY = settings(
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
"""The same examples on every machine and at every run, however slow it is."""

SLOW = settings(STEADY, phases=(Phase.explicit, Phase.generate))
"""For tests of which a single example takes its time: a failing one is shown as it is."""

ZONES = ("Asia/Singapore", "America/New_York", "Europe/London", "America/Havana", "Asia/Kathmandu")
BEGINNINGS = (
    datetime(2026, 10, 31, 9, 30, tzinfo=UTC),  # before clocks go back in New York, and in Havana at midnight
    datetime(2027, 3, 13, 9, 30, tzinfo=UTC),  # before they go forward there
    datetime(2026, 11, 22, 4, 0, tzinfo=UTC),
)
UNITS = {"sgd": ("0.01", "1"), "usd": ("0.01", "1.34567"), "jpy": ("1", "0.00891"), "kwd": ("0.001", "4.4021")}
"""The smallest unit of each currency, and about what one is worth in Singapore dollars."""

STATUSES = ("succeeded",) * 9 + ("succeeded_manually", "void", "requires_payment_method", "failed")
TICKED: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("online_store",),
    ("point_of_sale", "soundbox"),
    ("shopify", "woocommerce"),
)


@dataclass(frozen=True)
class Decided:
    """What a person chose, from `at` on."""

    at: datetime
    grouping: str
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """What HitPay tells at `now` (of refunds: all that were told until now), and all that was chosen until then."""

    now: datetime
    charges: list[Row]
    refunds: list[Row]
    decided: list[Decided]
    periods: list[tuple[datetime, datetime | None]]
    locked_until: date | None


@dataclass
class AnyWorld:
    """A zone and the readings in it, in the order of time."""

    zone: ZoneInfo
    readings: list[Reading] = field(default_factory=list)

    def __repr__(self) -> str:
        rows = [f"{one.now:%d %H:%M:%S} {one.decided[-1].grouping} {one.periods} {one.locked_until}\n  " +
                "\n  ".join(_short(row) for row in (*one.charges, *one.refunds)) for one in self.readings]  # fmt: skip
        return f"{self.zone}\n" + "\n".join(rows)


def _short(row: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if name not in ("is_captured", "home_currency"))


@dataclass
class _Making:
    """A world on its way: the state of HitPay and of a person's choices at `now`."""

    rng: Random
    zone: ZoneInfo
    now: datetime
    charges: dict[str, Row] = field(default_factory=dict)
    refunds: list[Row] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    decided: list[Decided] = field(default_factory=list)
    periods: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    def some_time(self, since: datetime) -> datetime:
        """A second between `since` and now; often one at an edge: of a day, or of what a person chose."""
        span = max(int((self.now - since).total_seconds()), 1)
        at = since + timedelta(seconds=self.rng.randrange(span))
        edges = [datetime.combine(at.astimezone(self.zone).date(), time(), self.zone).astimezone(UTC)]
        edges += [edge for period in self.periods for edge in period if edge] + [one.at for one in self.decided]
        if self.rng.random() < 0.4:
            at = self.rng.choice(edges) + timedelta(seconds=self.rng.choice((-1, 0, 1)))
        return min(at, self.now)

    def go_on(self) -> None:
        """Some minutes, hours or days later; often in the first minutes of a day, when the one before isn't closed."""
        self.now += timedelta(minutes=self.rng.choice((7, 60 * 5, 60 * 13, 60 * 24, 60 * 50)))
        if self.rng.random() < 0.3:
            tomorrow = self.now.astimezone(self.zone).date() + timedelta(days=1)
            minutes = timedelta(minutes=self.rng.choice((0, 15, 29, 30, 31)))
            self.now = datetime.combine(tomorrow, time(), self.zone).astimezone(UTC) + minutes

    def sell(self, since: datetime) -> None:
        number, currency = len(self.charges), self.rng.choice(("sgd", "sgd", *UNITS))
        unit, worth = (Decimal(text) for text in UNITS[currency])
        amount = unit * self.rng.choice((0, 1, 2, 3, 100, self.rng.randrange(1, 100_000)))
        late = timedelta(days=2 * self.rng.randrange(2)) if since < self.now else timedelta()
        created = self.some_time(since - late) if late or since < self.now else self.now
        closed = min(created + timedelta(minutes=self.rng.choice((0, 0, 7, 600))), self.now)
        home = (amount * worth).quantize(Decimal("0.01"))
        silent = currency != "sgd" and self.rng.random() < 0.1
        self.charges[f"c{number}"] = {
            "id": f"c{number}",
            "status": self.rng.choice(STATUSES),
            "amount": amount,
            "currency": currency,
            "home_currency": "sgd",
            "home_currency_amount": None if silent else home,
            "fixed_fee": self.rng.choice((Decimal(0), Decimal("0.50"))),
            "discount_fee": self.rng.choice((Decimal(0), (home * Decimal("0.034")).quantize(Decimal("0.01")))),
            "channel": self.rng.choice(tuple(CHANNELS)),
            "created_at": created.isoformat(),
            "closed_at": closed.isoformat() if self.rng.random() < 0.9 else None,
            "updated_at": closed.isoformat(),
            "is_captured": self.rng.random() > 0.05,
        }

    def change(self, since: datetime) -> None:
        """Something happens to a charge that is there already, after the last reading or in its very second."""
        if not self.charges:
            return
        begun = sorted(key for key, row in self.charges.items() if row["status"] == "partially_refunded")
        row = self.charges[self.rng.choice(begun if begun and self.rng.random() < 0.5 else sorted(self.charges))]
        at = max(self.some_time(since), since, datetime.fromisoformat(row["updated_at"]))
        what = self.rng.choice(("refund", "refund", "refund", "rest", "void", "void", "fee", "fee", "captured"))
        if what in ("refund", "rest"):
            self._refund(row, at, whole=what == "rest")
        elif what == "captured":
            self._change(row, at, is_captured=True, home_currency_amount=self._home(row))
        elif what == "void" and row["status"] in ("succeeded", "partially_refunded"):
            self._change(row, at, status="void")
        elif what == "fee" and row["status"] in SALES:
            self._change(row, at, discount_fee=self.rng.choice((Decimal(0), fee_of(row) + 1)))

    def _home(self, row: Row) -> Decimal:
        found = row["home_currency_amount"]
        worth: Decimal = gross_of(row) * Decimal(UNITS[row["currency"]][1])
        return worth.quantize(Decimal("0.01")) if found is None else found

    def _refund(self, row: Row, at: datetime, *, whole: bool) -> None:
        given = sum((one["amount_refunded"] for one in self.refunds if one["payment_id"] == row["id"]), Decimal(0))
        left, unit = gross_of(row) - given, Decimal(UNITS[row["currency"]][0])
        if row["status"] not in SALES or not left:
            return
        amount = left if whole else min(left, unit * self.rng.choice((1, max(int(left / unit / 3), 1))))
        name = f"r{len(self.refunds)}"
        refund = {"id": name, "payment_id": row["id"], "amount_refunded": amount, "refunded_at": at.isoformat()}
        self.refunds.append(refund | {"currency": row["currency"]})
        self._change(row, at, status="refunded" if amount == left else "partially_refunded")

    def _change(self, row: Row, at: datetime, **changes: Any) -> None:
        row |= changes | {"updated_at": at.isoformat()}

    def choose(self) -> None:
        """A person changes the settings now."""
        kept = self.decided[-1]
        what = self.rng.choice(("grouping", "channels", "sync"))
        if what == "sync":
            start, end = self.periods[-1]
            if end is None:
                self.periods[-1] = start, self.now
            else:
                self.periods.append((self.now, None))
        grouping = self.rng.choice(("bulk", "individual")) if what == "grouping" else kept.grouping
        channels = self.rng.choice(TICKED) if what == "channels" else kept.channels
        self.decided.append(Decided(self.now, grouping, channels))

    def read(self) -> Reading:
        """Refunds are told by the detail of a charge that says it was refunded, and by no other."""
        refunded = {key for key, row in self.charges.items() if row["status"] in ("refunded", "partially_refunded")}
        self.told |= {one["id"] for one in self.refunds if one["payment_id"] in refunded}
        today = self.now.astimezone(self.zone).date()
        locked = today - timedelta(days=self.rng.randrange(4)) if self.rng.random() < 0.15 else None
        told = [one for one in self.refunds if one["id"] in self.told]
        charges, told, decided, periods = deepcopy((list(self.charges.values()), told, self.decided, self.periods))
        return Reading(self.now, charges, told, decided, periods, locked)


@st.composite
def any_worlds(draw: st.DrawFn) -> AnyWorld:
    """A few days of a shop with two to six readings; sync is on from the beginning, and a settings version is there."""
    rng = draw(st.randoms(use_true_random=False))
    world = AnyWorld(ZoneInfo(rng.choice(ZONES)))
    making = _Making(rng, world.zone, rng.choice(BEGINNINGS))
    making.decided.append(Decided(making.now, rng.choice(("bulk", "individual")), rng.choice(TICKED)))
    making.periods.append((making.now, None))
    for _reading in range(rng.randint(2, 6)):
        since = making.now
        making.go_on()
        for _sale in range(rng.randint(0, 3)):
            making.sell(since)
        if rng.random() < 0.4:
            making.choose()
            making.sell(making.now)
            making.now += timedelta(minutes=rng.randrange(1, 90))
            making.sell(since)
        for _change in range(rng.randint(0, 4)):
            making.change(since)
        world.readings.append(making.read())
    return world
