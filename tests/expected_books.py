"""A second bookkeeper: what the books must hold after each run, from HitPay's raw rows and without the app's domain.

It is told of what a person does (sync on and off, channels, grouping) and of each run; it answers with documents. It
shares nothing with the planner but the rules that both follow: money is Decimal, days are made here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.expected_payouts import Part, fate_of_payout
from tests.provider_truth import (
    SALES,
    Row,
    currency_of,
    day_in,
    fee_of,
    gross_of,
    home_of,
    home_shares,
    instant_of,
    paid_at,
)

CHANNELS = {
    "api_store": "online_store",
    "api_woocomm": "woocommerce",
    "point_of_sale": "point_of_sale",
    "api_shopify": "shopify",
    "api_soundbox": "soundbox",
    None: "",
}
"""Codes the test's shops sell by, and the names by which a person ticks them."""


class Accounts(NamedTuple):
    """Where each side of a document belongs: ids in the books. Where payouts go is chosen anew now and then."""

    sales: str
    fees: str
    refunds: str
    clearing: str


class Doc(NamedTuple):
    """A document as an accountant would describe it. `kind` is the name of its list in Zoho Books."""

    kind: str
    reference: str
    date: str
    amount: Decimal
    currency: str
    customer: str
    accounts: tuple[str, ...]


@dataclass
class Sale:
    """A charge that is in the books: in which set, with which fee and refunds, and how often it was corrected."""

    charge: Row
    reference: str
    fee: Decimal
    in_summary: bool
    corrections: int = 0
    refunds: list[Decimal] = field(default_factory=list)
    reversed: bool = False


@dataclass
class ExpectedBooks:
    """The documents so far. `clearing` says what each set moves on the clearing account, by kind and reference.

    `periods` are the times sync was on, `channels` what was ticked from when on (none: all), `payout_accounts` where
    payouts went from when on (empty: they aren't written). `left_out` are the charges and refunds that the last run
    knew not to belong here, `payouts` what became of each payout.
    """

    zone: ZoneInfo
    accounts: Accounts
    grouping: str = "individual"
    home: str = "SGD"
    periods: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    channels: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)
    documents: dict[tuple[str, str], Doc] = field(default_factory=dict)
    clearing: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    sales: dict[str, Sale] = field(default_factory=dict)
    refunded: set[str] = field(default_factory=set)
    locked_until: date | None = None
    payout_accounts: list[tuple[datetime, str]] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    payouts: dict[str, str] = field(default_factory=dict)

    def switch_on(self, at: datetime) -> None:
        """Sync goes on, from the beginning of the second of `at`."""
        self.periods.append((at.replace(microsecond=0), None))

    def switch_off(self, at: datetime) -> None:
        self.periods[-1] = (self.periods[-1][0], at)

    def run(
        self, charges: Iterable[Row], refunds: Iterable[Row], now: datetime, payouts: Iterable[Row] = ()
    ) -> list[Doc]:
        """What a run at `now` must write when it reads these rows. Payouts look at the books as they were before it."""
        before = set(self.documents)
        rows, known = {row["id"]: row for row in charges}, list(self.sales)
        self._pay_out(payouts, rows.values(), refunds)
        self._sell(rows.values(), now)
        self._refund(refunds, now)
        for key in known:
            self.sales[key].charge = rows.get(key, self.sales[key].charge)
            self._correct(self.sales[key], [one for one in refunds if one["payment_id"] == key])
        self.left_out = {key for key, row in rows.items() if key not in self.sales and self.is_left_out(row)}
        self.left_out |= {one["id"] for one in refunds if one["payment_id"] in self.left_out}
        return [doc for key, doc in self.documents.items() if key not in before]

    def is_left_out(self, charge: Row) -> bool:
        """Whether a charge that HitPay lists can never be in the books."""
        created = instant_of(charge["created_at"])
        on = self._was_on(created)
        ticked = next((names for since, names in reversed(self.channels) if since <= created), self.channels[0][1])
        wanted = not ticked or CHANNELS[charge["channel"]] in ticked
        return charge["status"] not in SALES or not on or not wanted or not gross_of(charge)

    def _was_on(self, at: datetime) -> bool:
        return any(start <= at and (end is None or at < end) for start, end in self.periods)

    @property
    def needs_a_person(self) -> bool:
        """Whether a payout doesn't add up."""
        return "held" in self.payouts.values()

    def _pay_out(self, payouts: Iterable[Row], charges: Iterable[Row], refunds: Iterable[Row]) -> None:
        """A transfer for each payout of which the books hold exactly its amount, once all of it is through."""
        for row in sorted(payouts, key=lambda one: (instant_of(one["created_at"]), one["id"])):
            if self.payouts.get(row["id"]) in ("written", "left out"):
                continue
            created, amount = instant_of(row["created_at"]), Decimal(str(row["amount"]))
            goes = self._payouts_go_to(created)
            members = [one for one in charges if one["payout_id"] == row["id"]]
            made = [one for one in refunds if instant_of(one["refunded_at"]).replace(microsecond=0) <= created]
            parts = [part for one in members for part in self._parts(one, refunds, made)]
            fate = fate_of_payout(amount, parts) if goes and self._was_on(created) else "left out"
            self.payouts[row["id"]] = fate
            if fate == "written":
                day, accounts = day_in(self.zone, created), (self.accounts.clearing, goes)
                self._add("banktransactions", f"HPP-{row['id']}", day, amount, self.home, accounts, -amount)

    def _payouts_go_to(self, created: datetime) -> str:
        """Nowhere if no account was chosen when a payout was made, else to the one chosen last, as far as any is."""
        then = next((name for since, name in reversed(self.payout_accounts) if since <= created), "")
        return then and (self.payout_accounts[-1][1] or then)

    def _parts(self, charge: Row, refunds: Iterable[Row], made: Sequence[Row]) -> Iterator[Part]:
        """A charge and its refunds `made` by the payout: each with what it brings, and whether it is in the books.

        A sale that was reversed brings nothing, all in all.
        """
        sale = self.sales.get(charge["id"])
        if sale and sale.reversed:
            yield Part("in books", Decimal(0))
            return
        fee = sale.fee if sale else fee_of(charge)
        yield Part(self._place(charge["id"], self.sales), (home_of(charge) or Decimal(0)) - fee)
        own = sorted(
            (one for one in refunds if one["payment_id"] == charge["id"]),
            key=lambda one: (instant_of(one["refunded_at"]), one["id"]),
        )
        shares = home_shares(charge, [Decimal(str(one["amount_refunded"])) for one in own])
        for one, share in zip(own, shares, strict=True):
            if one in made:
                yield Part(self._place(one["id"], self.refunded), -share)

    def _place(self, key: str, in_books: Container[str]) -> str:
        return "in books" if key in in_books else "left out" if key in self.left_out else "waits"

    def _sell(self, charges: Iterable[Row], now: datetime) -> None:
        days: dict[tuple[date, str], list[Row]] = defaultdict(list)
        due = [row for row in charges if row["id"] not in self.sales and self._is_due(row, now)]
        for row in sorted(due, key=lambda one: (paid_at(one), one["id"])):
            if self.grouping == "bulk":
                days[day_in(self.zone, paid_at(row)), currency_of(row)].append(row)
            else:
                self._post_sale(f"HP-{row['id']}", [row])
        for (day, currency), rows in sorted(days.items(), key=lambda item: item[0]):
            self._post_sale(self._next(f"HP-{day}-{currency}", "invoices", "-"), rows)

    def _is_due(self, row: Row, now: datetime) -> bool:
        day = day_in(self.zone, paid_at(row))
        if self.is_left_out(row) or not home_of(row) or row.get("is_captured") is False:
            return False
        return not self._is_locked(day) and (self.grouping != "bulk" or self._is_over(day, now))

    def _is_over(self, day: date, now: datetime) -> bool:
        """Half an hour after its last midnight."""
        return now >= datetime.combine(day + timedelta(days=1), time(0, 30), self.zone).astimezone(UTC)

    def _is_locked(self, day: date) -> bool:
        return self.locked_until is not None and day <= self.locked_until

    def _next(self, name: str, kind: str, mark: str) -> str:
        """The name, or with the first number from 2 that is free."""
        names = [name, *(f"{name}{mark}{number}" for number in range(2, 100))]
        return next(one for one in names if (kind, one) not in self.documents)

    def _post_sale(self, reference: str, rows: Sequence[Row]) -> None:
        day, currency = day_in(self.zone, paid_at(rows[0])), currency_of(rows[0])
        gross, fee = sum(map(gross_of, rows), Decimal(0)), sum(map(fee_of, rows), Decimal(0))
        home = sum((home_of(row) or Decimal(0) for row in rows), Decimal(0))
        self._add("invoices", reference, day, gross, currency, (self.accounts.sales,))
        self._add("customerpayments", reference, day, gross, currency, (self.accounts.clearing,), home)
        self._fee(reference, day, fee)
        for row in rows:
            self.sales[row["id"]] = Sale(row, reference, fee_of(row), self.grouping == "bulk")

    def _fee(self, reference: str, day: date, fee: Decimal) -> None:
        """A fee, or, below zero, what of one comes back."""
        kind = "expenses" if fee > 0 else "banktransactions"
        if fee:
            self._add(kind, reference, day, abs(fee), self.home, (self.accounts.fees, self.accounts.clearing), -fee)

    def _refund(self, refunds: Iterable[Row], now: datetime) -> None:
        days: dict[tuple[date, str], list[tuple[str, Row]]] = defaultdict(list)
        for row in sorted(refunds, key=lambda one: (instant_of(one["refunded_at"]), one["id"])):
            sale, day = self.sales.get(row["payment_id"]), day_in(self.zone, instant_of(row["refunded_at"]))
            waits = sale is not None and sale.in_summary and not self._is_over(day, now)
            if sale is None or row["id"] in self.refunded or waits or self._is_locked(day):
                continue
            self.refunded.add(row["id"])
            days[day, sale.reference if sale.in_summary else ""].append((sale.reference, row))
        for (day, summary), found in sorted(days.items(), key=lambda item: item[0]):
            if summary:
                _, original, currency = summary[:3], summary[3:13] + summary[17:], summary[14:17]
                name = self._next(f"HPR-{day}-{currency}-{original}", "creditnotes", ".")
                self._give_back(name, day, [row for _sale, row in found])
            else:
                for _sale, row in found:
                    self._give_back(f"HPR-{row['id']}", day, [row])

    def _give_back(self, reference: str, day: date, rows: Sequence[Row]) -> None:
        home, amount = Decimal(0), Decimal(0)
        for row in rows:
            sale = self.sales[row["payment_id"]]
            sale.refunds.append(Decimal(str(row["amount_refunded"])))
            amount += sale.refunds[-1]
            home += home_shares(sale.charge, sale.refunds)[-1]
        self._credit(reference, day, amount, currency_of(self.sales[rows[0]["payment_id"]].charge), home)

    def _credit(self, reference: str, day: date, amount: Decimal, currency: str, home: Decimal) -> None:
        self._add("creditnotes", reference, day, amount, currency, (self.accounts.refunds,))
        self._add("creditnote_refunds", reference, day, amount, currency, (self.accounts.clearing,), -home)

    def _correct(self, sale: Sale, refunds: Sequence[Row]) -> None:
        day, charge = day_in(self.zone, instant_of(sale.charge["updated_at"])), sale.charge
        if sale.reversed or self._is_locked(day):
            return
        if charge["status"] == "void":
            sale.reversed = True
            given = [Decimal(str(row["amount_refunded"])) for row in refunds]
            left = gross_of(charge) - sum(given, Decimal(0))
            home = home_shares(charge, [*given, left])[-1] if left else Decimal(0)
            if left:
                self._credit(f"HPV-{charge['id']}", day, left, currency_of(charge), home)
            self._fee(f"HPV-{charge['id']}", day, -sale.fee)
        elif fee_of(charge) != sale.fee:
            sale.corrections += 1
            self._fee(f"HP-{charge['id']}-F{sale.corrections}", day, fee_of(charge) - sale.fee)
            sale.fee = fee_of(charge)

    def _add(
        self, kind: str, reference: str, day: date, amount: Decimal, currency: str, accounts: tuple[str, ...],
        moved: Decimal = Decimal(0),
    ) -> None:  # fmt: skip
        customer = f"HitPay Sales ({currency})" if kind not in ("expenses", "banktransactions") else ""
        doc = Doc(kind, reference, day.isoformat(), amount, currency, customer, accounts)
        assert (kind, reference) not in self.documents, f"{reference} would exist twice"
        self.documents[kind, reference] = doc
        if moved:
            self.clearing[kind, reference] = moved
