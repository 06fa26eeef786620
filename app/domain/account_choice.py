"""Which accounts and items fit which field of the settings, and in words why another one doesn't."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from app.domain.chart import Account, Item, Tax


class AccountRole(Enum):
    """An account field of the settings: its name, its label, and Zoho's types of the accounts that fit.

    An `optional` one may be left empty.
    """

    SALES = ("sales_account", "Sales Account", ("income",), "Income")
    FEE = ("fee_account", "Fee Account", ("expense",), "Expense")
    REFUND = ("refund_account", "Refund Account", ("other_current_liability",), "Other Current Liability")
    BANK = ("bank_account", "Bank Account", ("bank",), "Bank")
    PAYOUT = ("payout_account", "Payout Account", ("bank", "cash"), "Bank or Cash")

    def __init__(self, field: str, label: str, types: tuple[str, ...], type_label: str) -> None:
        self.field = field
        self.label = label
        self.types = types
        self.type_label = type_label

    @property
    def optional(self) -> bool:
        return self is AccountRole.PAYOUT


EMPTY: dict[str, str] = {
    role.field: f"Your Zoho Books has no active account of the type {role.type_label}. Make one there and reload."
    for role in AccountRole
} | {"default_item": "Your Zoho Books has no active item yet. Choose the Sales Account and let Tieout make one."}


def of_role(accounts: Sequence[Account], role: AccountRole) -> list[Account]:
    """Active accounts of the role's type, by name."""
    fitting = (one for one in accounts if one.active and one.type in role.types)
    return sorted(fitting, key=lambda one: one.name.lower())


def why_not(account: Account, role: AccountRole, home_currency: str) -> str:
    """Why an account can't take a role, "" if it can. `home_currency` "" means it isn't known."""
    if not account.active or account.type not in role.types:
        return f"The {role.label} must be an active account of the type {role.type_label}."
    foreign = account.currency and home_currency and account.currency != home_currency
    if role in (AccountRole.BANK, AccountRole.PAYOUT) and foreign:
        best = ", best one made for HitPay alone" if role is AccountRole.BANK else ""
        return (
            f"{account.name} is kept in {account.currency}, but HitPay pays out in {home_currency}. "
            f"Choose a {role.label} in {home_currency}{best}."
        )
    return ""


def account_problems(
    chosen: Mapping[AccountRole, str], accounts: Sequence[Account], home_currency: str
) -> dict[str, str]:
    """A sentence for each account field that can't be saved, by field name."""
    by_id = {account.id: account for account in accounts}
    problems: dict[str, str] = {}
    for role, account_id in chosen.items():
        account = by_id.get(account_id)
        if not account_id and role.optional:
            continue
        if not account_id:
            problems[role.field] = f"Choose the {role.label}."
        elif account is None:
            problems[role.field] = f"This account is not in Zoho Books any more. Choose the {role.label} again."
        elif reason := why_not(account, role, home_currency):
            problems[role.field] = reason
    return _same_account(chosen) | problems


def _same_account(chosen: Mapping[AccountRole, str]) -> dict[str, str]:
    """Money can't be moved from an account to itself."""
    payout = chosen.get(AccountRole.PAYOUT, "")
    if not payout or payout != chosen.get(AccountRole.BANK):
        return {}
    sentence = "This is the Bank Account, where HitPay's money waits. Choose the account of your bank to which it goes."
    return {AccountRole.PAYOUT.field: sentence}


def items_for(items: Sequence[Item], sales_account: str) -> list[Item]:
    """Active items, those that fit the Sales Account first, then by name."""
    active = (item for item in items if item.active)
    return sorted(active, key=lambda item: (bool(why_not_item(item, sales_account)), item.name.lower()))


def why_not_item(item: Item, sales_account: str) -> str:
    """Why an item can't be the Default Item, "" if it can."""
    if not item.active:
        return f"{item.name} is inactive in Zoho Books. Choose another item."
    if item.inventory:
        return f"Zoho Books keeps stock of {item.name}, and sales would empty it. Choose an item without stock."
    if sales_account and item.account_id != sales_account:
        return f"{item.name} doesn't sell onto the Sales Account. Choose another item, or let Tieout make one."
    return ""


def item_problem(item_id: str, items: Sequence[Item], sales_account: str) -> str:
    """A sentence if the Default Item can't be saved, else ""."""
    item = next((one for one in items if one.id == item_id), None)
    if not item_id:
        return "Choose the Default Item, or let Tieout make one."
    if item is None:
        return "This item is not in Zoho Books any more. Choose the Default Item again."
    return why_not_item(item, sales_account)


def tax_problem(code: str, taxes: Sequence[Tax], item_id: str, items: Sequence[Item]) -> str:
    """A sentence if the tax or exemption of sales can't be saved, else ""."""
    if not code:
        return ""
    chosen = next((tax for tax in taxes if tax.code == code), None)
    if chosen is None:
        return "This tax is not in Zoho Books any more. Choose another, or none."
    item = next((one for one in items if one.id == item_id), None)
    if chosen.exemption and item and item.tax_id:
        return f"{item.name} bears a tax itself. Choose a Default Item without tax, or no exemption."
    return ""
