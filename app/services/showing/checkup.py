"""Test: both sides asked a few things, each told as a line. It changes nothing, whatever it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TypeVar

import sqlalchemy as sa

from app.domain import checkup
from app.domain.checkup import Finding, Tone
from app.domain.rules import Rules
from app.domain.zones import accounting_date, zone_of
from app.ports import NotConnected, OutsideError, PaymentProvider, Refused
from app.services.business import settings
from app.services.business.businesses import BusinessView
from app.services.connections import books_connection, provider_connection
from app.services.connections.books_connection import Books
from app.services.outside import Outside
from app.store.connections import of_business
from app.store.db import read
from app.store.runs import Run

PATIENCE = 20.0
"""Seconds after which nothing more is asked: a person waits for the answer."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class CheckupView:
    """What the test found at `at` (aware UTC). `calls` counts what was asked, of HitPay and Zoho Books together."""

    tone: Tone
    sentence: str
    findings: tuple[Finding, ...]
    calls: int
    at: datetime


@dataclass
class _Asking:
    """Asks one thing after the other. A side that gave no answer once isn't asked again."""

    outside: Outside
    side: str
    started: float
    findings: list[Finding] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    silent: str = ""

    def ask(self, name: str, act: Callable[[], _T]) -> _T | None:
        """The answer, or None and a line that says why there is none."""
        late = self.outside.clock.monotonic() - self.started > PATIENCE
        if self.silent or late:
            why = self.silent or f"{self.side} answers slowly, so this wasn't looked at. Test again in a minute."
            self._note(name, "warn", why)
            return None
        try:
            return act()
        except OutsideError as error:
            self._explain(name, error)
        return None

    def _explain(self, name: str, error: OutsideError) -> None:
        if isinstance(error, NotConnected):
            self.silent = f"Not looked at: {self.side} doesn't accept the login."
            self._note(name, "bad", str(error), error.detail)
        elif isinstance(error, Refused):
            if error.cause == "missing_permission":
                self.denied.append(name.lower())
            self._note(name, "bad", str(error), error.detail)
        else:
            self.silent = f"Not looked at: {self.side} gave no answer before. Test again in a minute."
            self._note(name, "warn", f"{error} This may pass by itself: test again in a minute.", error.detail)

    def _note(self, name: str, tone: Tone, sentence: str, detail: str = "") -> None:
        self.findings.append(Finding(name=name, tone=tone, sentence=sentence, detail=detail))

    def say(self, finding: Finding | None) -> None:
        if finding is not None:
            self.findings.append(finding)


def run(outside: Outside, business: BusinessView) -> CheckupView:
    """Ask both sides, at most nine calls, and say what was found. Raises nothing for what is wrong outside."""
    rules = settings.current_rules(business.id)
    started = outside.clock.monotonic()
    provider, asked = _provider(outside, business.id, started, rules)
    books = _books(outside, business, started, rules)
    calls = asked + books.calls
    lines = [*provider, *books.findings]
    lines.append(_sync(settings.sync_enabled(business.id), saved=rules is not None))
    tone, sentence = checkup.verdict(lines)
    return CheckupView(tone, sentence, tuple(lines), calls, outside.clock.now())


def _provider(outside: Outside, business_id: int, started: float, rules: Rules | None) -> tuple[list[Finding], int]:
    """Whether HitPay takes the key, and whether payouts can be read if they are to be written."""
    asking = _Asking(outside, "HitPay", started)
    adapter = asking.ask("HitPay", lambda: provider_connection.adapter(outside, business_id))
    if adapter is None:
        return asking.findings, 0
    if asking.ask("HitPay", lambda: _answers(adapter)):
        asking.say(Finding(name="HitPay", tone="ok", sentence="HitPay answers and accepts the API key."))
    if rules is None or not rules.payout_account:
        return asking.findings, 1
    if asking.ask("Payouts", lambda: _reads_payouts(adapter, outside.clock.now())):
        asking.say(Finding(name="Payouts", tone="ok", sentence="HitPay's payouts can be read."))
    return asking.findings, 2


def _answers(adapter: PaymentProvider) -> bool:
    adapter.ping()
    return True


def _reads_payouts(adapter: PaymentProvider, now: datetime) -> bool:
    """One page at most: reading ends at the first that is older than now."""
    next(iter(adapter.payouts(now)), None)
    return True


@dataclass
class _Told:
    findings: list[Finding]
    calls: int = 0


def _books(outside: Outside, business: BusinessView, started: float, rules: Rules | None) -> _Told:
    asking = _Asking(outside, "Zoho Books", started)
    books = asking.ask("Zoho Books", lambda: books_connection.books_of(outside, business.id))
    if books is None:
        return _Told(asking.findings)
    before = outside.calls(books.organization_id)
    found = asking.ask("Zoho Books", books.choices.organizations)
    if found is not None:
        asking.say(Finding(name="Zoho Books", tone="ok", sentence="Zoho Books answers and accepts the login."))
        asking.say(checkup.organization(found, books.organization_id, books.currency))
    _look_at_choices(asking, books, business.id, rules)
    _look_at_lock(asking, books, business, rules)
    with read() as session:
        row = of_business(session, business.id, books_connection.SIDE)
        granted = row.granted_scopes if row else None
    asking.say(checkup.permissions(granted, outside.scopes, outside.making_scopes, asking.denied))
    held = next((one for one in found or () if one.id == books.organization_id), None)
    if held is not None:
        asking.say(checkup.plan(held.plan, _calls_today(outside, business)))
    return _Told(asking.findings, outside.calls(books.organization_id) - before)


def _look_at_choices(asking: _Asking, books: Books, business_id: int, rules: Rules | None) -> None:
    accounts = asking.ask("Accounts", books.choices.accounts)
    items = asking.ask("Items", books.choices.items) if accounts is not None else None
    if rules is None:
        sentence = "Nothing is chosen yet. Choose the accounts and the item in Settings."
        asking.say(Finding(name="Settings", tone="warn", sentence=sentence))
    elif accounts is not None and items is not None:
        asking.findings += checkup.chosen(rules, accounts, items, settings.home_currency(business_id))
        taxes = asking.ask("Taxes", books.choices.taxes) if rules.sales_tax else None
        if taxes is not None:
            asking.say(checkup.tax(rules, taxes, items))


def _look_at_lock(asking: _Asking, books: Books, business: BusinessView, rules: Rules | None) -> None:
    locked: list[date | None] = []
    asking.ask("Locked period", lambda: locked.append(books.choices.lock_date()))
    if locked:
        today = accounting_date(asking.outside.clock.now(), zone_of(business.time_zone))
        asking.say(checkup.lock(locked[0], today, rules))


def _calls_today(outside: Outside, business: BusinessView) -> int:
    """What the runs of the present local day called."""
    zone = zone_of(business.time_zone)
    begin = datetime.combine(accounting_date(outside.clock.now(), zone), time(), zone).astimezone(UTC)
    with read() as session:
        mine = sa.select(sa.func.sum(Run.calls)).where(Run.business_id == business.id)
        return int(session.scalar(mine.where(Run.requested_at >= begin)) or 0)


def _sync(on: bool, *, saved: bool) -> Finding:
    if on:
        return Finding(name="Sync", tone="ok", sentence="Sync is on.")
    then = "Tick Enable sync in Settings." if saved else "It is enabled in Settings, once the accounts are chosen."
    return Finding(name="Sync", tone="warn", sentence=f"Sync is off, so nothing is read or written. {then}")
