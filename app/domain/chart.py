"""What a person chooses from in the books: organizations, accounts, items."""

from __future__ import annotations

import msgspec

from app.domain.money import Money


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """One set of books a login can reach. `time_zone` as the vendor states it."""

    id: str
    name: str
    currency: str
    time_zone: str
    active: bool
    plan: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the chart of accounts. `currency` is "" where the vendor states none, `balance` None.

    The balance is in the account's own currency.
    """

    id: str
    name: str
    type: str
    active: bool = True
    currency: str = ""
    balance: Money | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something an invoice line can sell. `account_id` is its income account; `inventory` True if stock is kept.

    `tax_id` is the tax it bears by itself, "" for none.
    """

    id: str
    name: str
    active: bool = True
    account_id: str = ""
    inventory: bool = False
    taxable_percent: str = ""
    tax_id: str = ""


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """A sales tax or an exemption from it. `code` is what documents carry: `tax:<id>` or `exemption:<id>`."""

    code: str
    name: str
    exemption: bool = False
