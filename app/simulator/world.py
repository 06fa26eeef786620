"""What happens in the simulated shops: accounts, sales, refunds and payouts, written to the state as they happen."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.simulator.charge import PAID, Row, Sale, changed_charge, charge_of
from app.simulator.clock import Clock
from app.simulator.settlement import may_settle, payout_row, refund_row, refunded_fields
from app.simulator.shop import CARD, METHODS
from app.simulator.state import State
from app.simulator.trade import PLAIN, SINGAPORE, Options, refunds_due, sale_now, trade_day
from app.simulator.webhooks import announce, announce_charge, payout_body

ACCOUNTS = "hitpay_accounts"
REFUNDS = "hitpay_refunds"
PAYOUTS = "hitpay_payouts"


def charges_collection(account: str) -> str:
    """Where an account's charges are kept in the state."""
    return f"hitpay_charges/{account}"


@dataclass(frozen=True)
class World:
    """The one way in which anything happens at the simulated HitPay. Each method is a transaction of its own."""

    state: State
    clock: Clock

    def open_account(self, account: str, name: str, api_key: str, **changes: Any) -> Row:
        """A HitPay business; opening one that exists only replaces what is given. Answers its row.

        `seed` and `count` (sales a day) tell its story, `newest_first` the order of its charges in lists.
        """
        fresh: Row = {
            "id": account,
            "business_id": str(UUID(int=random.Random(account).getrandbits(128), version=4)),  # noqa: S311
            "time_zone": "Asia/Singapore",
            "home_currency": "sgd",
            "newest_first": False,
            "seed": 1,
            "count": 12,
            "dripping": False,
            "next_day": None,
        }
        with self.state.transaction():
            known = self.state.get(ACCOUNTS, account) or fresh
            return self.state.put(ACCOUNTS, account, {**known, "name": name, "api_key": api_key, **changes})

    def account(self, account: str) -> Row:
        """The account's row; KeyError if there is none."""
        row = self.state.get(ACCOUNTS, account)
        if row is None:
            raise KeyError(f"no HitPay account {account}")
        return row

    def accounts(self) -> list[Row]:
        return self.state.all(ACCOUNTS)

    def account_of_key(self, api_key: str) -> Row | None:
        return next((row for row in self.accounts() if row["api_key"] == api_key), None)

    def charges(self, account: str) -> list[Row]:
        """Every charge of an account, whatever its status, in the order in which the simulator learnt of it."""
        return self.state.all(charges_collection(account))

    def charge(self, charge_id: str) -> tuple[Row, Row]:
        """A charge with its account; KeyError if no account has it."""
        for account in self.accounts():
            row = self.state.get(charges_collection(account["id"]), charge_id)
            if row is not None:
                return row, account
        raise KeyError(f"no charge {charge_id}")

    def trade(
        self,
        account: str,
        first: date,
        last: date,
        seed: int,
        count: int = 12,
        options: Options = PLAIN,
        until: datetime | None = None,
    ) -> int:
        """Let the local days `first` to `last` happen, both included, up to the instant `until`.

        Charges that are there already stay as they are. Answers the number of new charges.
        """
        new = 0
        with self.state.transaction():
            self.account(account)
            for number in range((last - first).days + 1):
                day = first + timedelta(days=number)
                new += self._add_new(account, trade_day(account, day, seed, count, options), until)
                self._refund_due(account, day, seed, count, options, until)
        return new

    def drip(self, account: str, on: bool, since: date | None = None) -> None:
        """Let the account's sales appear as time passes, from the local day `since` (None: today) on, or stop that."""
        with self.state.transaction():
            self.catch_up(account)
            row = self.account(account)
            start = since or self.local_day(row, self.clock.now())
            self.state.put(ACCOUNTS, account, {**row, "dripping": on, "next_day": start.isoformat()})

    def catch_up(self, account: str) -> None:
        """Write down the dripping sales paid by now. Cheap when nothing happened."""
        with self.state.transaction():
            row = self.account(account)
            if not row["dripping"]:
                return
            now = self.clock.now()
            first, today = date.fromisoformat(row["next_day"]), self.local_day(row, now)
            self.trade(account, first, today, row["seed"], row["count"], until=now)
            # The last sale of a day may be paid after midnight, so a day is over only when the next one is.
            reached = today - timedelta(days=1)
            if reached > first:
                self.state.put(ACCOUNTS, account, {**row, "next_day": reached.isoformat()})

    def local_day(self, account: Row, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(account["time_zone"])).date()

    def add_charge(self, account: str, **changes: Any) -> Row:
        """One charge: by default 100.00 by card at `api_store`, created now. `method` is a name in `shop.METHODS`.

        Any wire field may be given; amounts as Decimal, integer or text, times as aware datetimes or ISO text.
        Fees, home and net amounts follow from amount, method and rate unless given.
        """
        with self.state.transaction():
            home = self.account(account)
            serial = self.state.bump(f"serial:{account}")
            sale = self._sale(home, f"one:{account}:{serial}", dict(changes))
            row = changed_charge(charge_of(sale), _without(changes, "method"), ZoneInfo(home["time_zone"]))
            return self._store(account, row)

    def new_sale(self, account: str) -> Row:
        """One sale as the shop makes them, paid now."""
        with self.state.transaction():
            row = self.account(account)
            serial = self.state.bump(f"serial:{account}")
            return self._store(account, sale_now(account, serial, row["seed"], self.clock.now()))

    def change_charge(self, charge_id: str, **changes: Any) -> Row:
        """Replace some wire fields of a charge and move its `updated_at` to now unless that is given."""
        with self.state.transaction():
            row, account = self.charge(charge_id)
            changes = {"updated_at": self.clock.now(), **changes}
            return self._store(account["id"], changed_charge(row, changes, ZoneInfo(account["time_zone"])))

    def distort(self, charge_id: str, omit: Iterable[str] = (), replace: Row | None = None) -> Row:
        """Serve a charge badly, its truth unchanged: without the fields `omit`, with `replace` instead of others."""
        with self.state.transaction():
            row, account = self.charge(charge_id)
            return self._store(account["id"], {**row, "omitted": sorted(omit), "distorted": replace or {}})

    def refund(self, charge_id: str, amount: Decimal | str | None = None, at: datetime | None = None) -> Row:
        """Give `amount` back (charge currency; None: all that is left) at `at` (None: now). Fees stay.

        Answers the refund's row. ValueError if it is more than what is left or the charge was never paid.
        """
        with self.state.transaction():
            charge, account = self.charge(charge_id)
            left = charge["amount"] - charge["refunded_amount"]
            given = left if amount is None else Decimal(str(amount))
            if charge["status"] not in PAID or not 0 < given <= left:
                raise ValueError(f"{given} can't be refunded of {left} left, status {charge['status']}")
            refund = refund_row(charge, given, at or self.clock.now())
            self.state.put(REFUNDS, refund["id"], refund)
            fields = refunded_fields(charge, refund)
            self._store(account["id"], changed_charge(charge, fields, ZoneInfo(account["time_zone"])))
            return refund

    def pay_out(self, account: str, charge_ids: Iterable[str] | None = None, at: datetime | None = None) -> Row:
        """Settle charges (None: all paid ones not settled yet) to the bank at `at` (None: now). The payout's row."""
        with self.state.transaction():
            home = self.account(account)
            chosen = None if charge_ids is None else set(charge_ids)
            rows = [row for row in self.charges(account) if may_settle(row) and (chosen is None or row["id"] in chosen)]
            payout = payout_row(home, self.state.bump(f"serial:{account}"), rows, at or self.clock.now())
            for row in rows:
                self._store(account, {**row, "payout_id": payout["id"]})
            announce(self.state, home, "payout.created", lambda: payout_body(payout))
            return self.state.put(PAYOUTS, payout["id"], payout)

    def change_payout(self, payout_id: str, **changes: Any) -> Row:
        """Let a payout have another status or amount than its charges make; its charges stay its own.

        KeyError if there is no such payout, or for a field that payouts don't have.
        """
        with self.state.transaction():
            row = self.state.get(PAYOUTS, payout_id)
            if row is None or not set(changes) <= set(row):
                raise KeyError(f"payout {payout_id} with {', '.join(sorted(changes))}")
            if "amount" in changes:
                changes["amount"] = Decimal(str(changes["amount"]))
            return self.state.put(PAYOUTS, payout_id, {**row, **changes})

    def _sale(self, account: Row, key: str, changes: Row) -> Sale:
        created = changes.get("created_at") or self.clock.now()
        if isinstance(created, str):
            created = datetime.fromisoformat(created)
        status = changes.get("status", "succeeded")
        paid = status in (*PAID, "succeeded_manually", "void")
        return Sale(
            key=key,
            created_at=created,
            amount=Decimal(str(changes.get("amount", "100.00"))),
            method=METHODS[changes.get("method", CARD.name)],
            currency=str(changes.get("currency", account["home_currency"])),
            home_currency=str(changes.get("home_currency", account["home_currency"])),
            exchange_rate=Decimal(str(changes.get("exchange_rate") or "1.00000")),
            channel=changes.get("channel", "api_store"),
            status=status,
            closed_after=timedelta(0) if paid else None,
            order_reference=changes.get("order_reference_number"),
            zone=ZoneInfo(account["time_zone"]),
        )

    def _store(self, account: str, row: Row) -> Row:
        """Every change of a charge passes here, and is told to the webhooks that listen."""
        before = self.state.get(charges_collection(account), row["id"])
        announce_charge(self.state, self.account(account), before, row)
        return self.state.put(charges_collection(account), row["id"], row)

    def _add_new(self, account: str, rows: Iterable[Row], until: datetime | None) -> int:
        collection = charges_collection(account)
        seen = [
            row
            for row in rows
            if self.state.get(collection, row["id"]) is None
            and (until is None or datetime.fromisoformat(row["closed_at"] or row["created_at"]) <= until)
        ]
        for row in seen:
            self._store(account, row)
        return len(seen)

    def _refund_due(
        self, account: str, day: date, seed: int, count: int, options: Options, until: datetime | None
    ) -> None:
        if not options.refunded:
            return
        for due in refunds_due(account, day, seed, count, options):
            charge = self.state.get(charges_collection(account), due.charge_id)
            if charge and not charge["refunds"] and (until is None or due.at <= until):
                self.refund(due.charge_id, due.amount, due.at)


def start_of_day(day: date, zone: ZoneInfo = SINGAPORE) -> datetime:
    """Midnight at the beginning of a local day."""
    return datetime.combine(day, time(), zone)


def _without(changes: Row, *names: str) -> Row:
    return {name: value for name, value in changes.items() if name not in names}
