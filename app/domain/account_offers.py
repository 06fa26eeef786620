"""What is offered for the settings of a business that has none yet: accounts and an item found by name and type.

Offered, never decided: nothing is kept before a person presses Save. Where two would do equally well, neither is
offered, as a wrong account that nobody looked at costs more than a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from app.domain import account_choice
from app.domain.account_choice import AccountRole
from app.domain.chart import Account, Item

_ITEM = "default_item"
_LABELS = {role.field: role.label for role in AccountRole} | {_ITEM: "Default Item"}

_T = TypeVar("_T", Account, Item)

_FEES = r"\b(?:fees?|charges)\b"
_OF_CARDS = r"\b(?:payment|merchant|processing|gateway)\b"
_NAMES: Mapping[AccountRole, tuple[str, ...]] = {
    AccountRole.SALES: (r"^hitpay sales$", r"\bhitpay\b.*\bsales\b", r"^sales$", r"\bsales\b"),
    AccountRole.FEE: (r"^hitpay fees?$", rf"\bhitpay\b.*{_FEES}", rf"{_OF_CARDS}.*{_FEES}"),
    AccountRole.REFUND: (r"^hitpay refunds?$", r"\bhitpay\b.*\brefunds?\b", r"^refunds(?: payable)?$", r"\brefunds?\b"),
    AccountRole.BANK: (r"^hitpay clearing$", r"\bhitpay\b.*\bclearing\b", r"\bhitpay\b"),
    AccountRole.PAYOUT: (),
}  # fmt: skip
"""Patterns of names by role, the surest first."""

_ONLY_ONE = frozenset({AccountRole.SALES, AccountRole.PAYOUT})
"""Roles for which the only account of the type is offered whatever its name. The only expense account says nothing of
fees, every organization has liabilities of the system's own, and the only bank account is the shop's own bank."""

_ORDER = (AccountRole.BANK, AccountRole.SALES, AccountRole.FEE, AccountRole.REFUND, AccountRole.PAYOUT)
_ITEM_NAMES = (r"^hitpay sales$", r"\bhitpay\b")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What is offered for a field; `why` completes "offered, ..."."""

    field: str
    id: str
    name: str
    why: str


def offers(
    accounts: Sequence[Account], items: Sequence[Item], home_currency: str, chosen: Mapping[str, str]
) -> dict[str, Offer]:
    """An offer for each empty field of `chosen` (by field name) for which one is clear.

    What isn't among the accounts and items any more counts as empty. An account serves one role only.
    """
    there = {account.id for account in accounts if account.active} | {item.id for item in items if item.active}
    kept = {name: value for name, value in chosen.items() if value in there}
    found: dict[str, Offer] = {}
    for role in _ORDER:
        if role.field in kept:
            continue
        taken = {*kept.values(), *(offer.id for offer in found.values())}
        fitting = [one for one in accounts if one.id not in taken and _fits(one, role, home_currency)]
        picked = _picked(fitting, _NAMES[role], only=role in _ONLY_ONE)
        if picked:
            account, why = picked
            found[role.field] = Offer(field=role.field, id=account.id, name=account.name, why=why)
    sales = kept.get("sales_account") or (found["sales_account"].id if "sales_account" in found else "")
    if _ITEM not in kept and sales:
        selling = [one for one in items if not account_choice.why_not_item(one, sales)]
        item = _picked(selling, _ITEM_NAMES, only=True)
        if item:
            found[_ITEM] = Offer(field=_ITEM, id=item[0].id, name=item[0].name, why=item[1])
    return found


def _fits(account: Account, role: AccountRole, home_currency: str) -> bool:
    """A cash box is a possible Payout Account, but none that is offered."""
    cash = role is AccountRole.PAYOUT and account.type != "bank"
    return not cash and not account_choice.why_not(account, role, home_currency)


def _picked(fitting: Sequence[_T], names: Sequence[str], *, only: bool) -> tuple[_T, str] | None:
    """The one of the surest name, or the only one there is; None where several would do or none does."""
    for pattern in names:
        named = [one for one in fitting if re.search(pattern, one.name.strip(), re.I)]
        if named:
            return (named[0], "by its name") if len(named) == 1 else None
    return (fitting[0], "the only one that fits") if only and len(fitting) == 1 else None


def sentence(found: Mapping[str, Offer], wanted: Sequence[str]) -> str:
    """What was found for the `wanted` fields and what wasn't, for the head of the form."""
    seen = [_LABELS[name] for name in wanted if name in found]
    missing = [_LABELS[name] for name in wanted if name not in found]
    if not seen:
        return "Nothing in Zoho Books could be told by its name, so each field is yours to choose."
    first = f"Found in Zoho Books and offered below: {_listed(seen)}."
    second = f" Not found: {_listed(missing)}." if missing else ""
    return f"{first}{second} Look them over: nothing is kept until you press Save."


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
