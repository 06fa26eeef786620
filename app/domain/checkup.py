"""What a test of a business says: a finding a line, and the whole in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from app.domain import account_choice
from app.domain.account_choice import AccountRole
from app.domain.call_budget import CALLS_A_DAY
from app.domain.chart import Account, Item, Organization, Tax
from app.domain.rules import LockedPeriod, Rules

Tone = Literal["ok", "warn", "bad"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line: `ok`, `warn` (look at this) or `bad` (broken). The sentence says what to do, `detail` is their own."""

    name: str
    tone: Tone
    sentence: str
    detail: str = ""


def verdict(findings: Sequence[Finding]) -> tuple[Tone, str]:
    """The whole in one sentence, in the tone of the worst line."""
    broken = [one.name for one in findings if one.tone == "bad"]
    doubtful = [one.name for one in findings if one.tone == "warn"]
    if broken:
        more = f" Look also at: {_listed(doubtful)}." if doubtful else ""
        return "bad", f"Sync can't work as it is. Broken: {_listed(broken)}.{more}"
    if doubtful:
        return "warn", f"Nothing is broken. Look at: {_listed(doubtful)}."
    return "ok", "Everything works: both sides answer, and what is chosen is right."


def permissions(granted: Collection[str] | None, asked: Sequence[str], making: Collection[str],
                refused: Sequence[str]) -> Finding:  # fmt: skip
    """Scopes granted against those needed. `making` ones only make what is missing; `refused` is what Zoho denied."""
    name, again = "Permissions", "Let an owner reconnect Zoho Books and accept everything it asks for."
    if refused:
        return Finding(name=name, tone="bad", sentence=f"Zoho Books denied reading {_listed(refused)}. {again}")
    if granted is None:
        return Finding(name=name, tone="ok", sentence="Zoho Books denied nothing that was read.")
    missing = [scope for scope in asked if not _is_granted(scope, granted)]
    vital = [scope for scope in missing if scope not in making]
    if vital:
        return Finding(name=name, tone="bad", sentence=f"The Zoho login lacks {_listed(vital)}. {again}")
    if missing:
        sentence = f"Enough to sync. Accounts and items can't be made from Settings without {_listed(missing)}. {again}"
        return Finding(name=name, tone="warn", sentence=sentence)
    return Finding(name=name, tone="ok", sentence="The Zoho login was granted all that Tieout needs.")


def _is_granted(scope: str, granted: Collection[str]) -> bool:
    return not {scope, f"{scope.rpartition('.')[0]}.ALL", "ZohoBooks.fullaccess.all"}.isdisjoint(granted)


def organization(found: Sequence[Organization], held: str, currency: str) -> Finding:
    """Whether the login still reaches the organization, and whether it is active and in the same currency."""
    name = "Organization"
    one = next((organization for organization in found if organization.id == held), None)
    if one is None:
        sentence = "The Zoho login doesn't reach this organization any more. Reconnect as one of its users."
        return Finding(name=name, tone="bad", sentence=sentence)
    if not one.active:
        return Finding(name=name, tone="bad", sentence=f"{one.name} is inactive in Zoho Books. Activate it there.")
    if one.currency != currency:
        sentence = (
            f"Zoho Books states {one.currency} as the base currency of {one.name}, and stated {currency} when it was "
            "connected. Reconnect Zoho Books, and look at the accounts in Settings."
        )
        return Finding(name=name, tone="bad", sentence=sentence)
    return Finding(name=name, tone="ok", sentence=f"{one.name} is active, its base currency {one.currency}.")


def chosen(rules: Rules, accounts: Sequence[Account], items: Sequence[Item], home: str) -> list[Finding]:
    """A line for each account and the item: there, active, of the right type and currency."""
    ids = {role: str(getattr(rules, role.field)) for role in AccountRole}
    problems = account_choice.account_problems(ids, accounts, home)
    names = {account.id: account.name for account in accounts} | {item.id: item.name for item in items}
    lines = [
        _line(
            role.label,
            problems.get(role.field, ""),
            f"{names.get(ids[role], '')} is there, active and of the right type.",
        )
        for role in AccountRole
        if ids[role] or not role.optional
    ]
    item = account_choice.item_problem(rules.default_item, items, rules.sales_account)
    right = f"{names.get(rules.default_item, '')} is there and active, and sells onto the Sales Account."
    return [*lines, _line("Default Item", item, right)]


def tax(rules: Rules, taxes: Sequence[Tax], items: Sequence[Item]) -> Finding:
    """Whether the tax of sales is still there and goes with the item."""
    problem = account_choice.tax_problem(rules.sales_tax, taxes, rules.default_item, items)
    name = next((one.name for one in taxes if one.code == rules.sales_tax), "")
    return _line("Tax on Sales", problem, f"{name} is there.")


def _line(name: str, problem: str, right: str) -> Finding:
    if problem:
        return Finding(name=name, tone="bad", sentence=f"{problem} It is changed in Settings.")
    return Finding(name=name, tone="ok", sentence=right)


def lock(until: date | None, today: date, rules: Rules | None) -> Finding:
    """Whether the documents of yesterday and today may be dated so."""
    name = "Locked period"
    if until is None:
        return Finding(name=name, tone="ok", sentence="No period is locked in Zoho Books.")
    if until < today - timedelta(days=1):
        return Finding(name=name, tone="ok", sentence=f"Locked until {until:%-d %b %Y}. What is newer can be written.")
    moved = rules is not None and rules.locked_period is LockedPeriod.NEXT_OPEN_DAY
    then = (
        "Documents of those days get the date of the first open day."
        if moved
        else "Documents of those days wait until it is opened in Zoho Books. Settings can date them later instead."
    )
    return Finding(name=name, tone="warn", sentence=f"Zoho Books is locked until {until:%-d %b %Y}. {then}")


def plan(name: str, calls_today: int) -> Finding | None:
    """The organization's plan with what is known of its calls a day; None where no plan is told."""
    if not name:
        return None
    limit = CALLS_A_DAY.get(name.strip().upper())
    used = f"Tieout's runs made {calls_today:,} calls today"
    if limit is None:
        return Finding(name="Plan", tone="ok", sentence=f"{name}. {used}; its limit isn't known here.")
    tone: Tone = "warn" if calls_today >= limit * 0.8 else "ok"
    then = " Choose Bulk in Settings, or a larger plan in Zoho Books." if tone == "warn" else ""
    return Finding(name="Plan", tone=tone, sentence=f"{name}. {used}, of {limit:,} that Zoho Books takes a day.{then}")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
