"""The settings of a business: what can be chosen, what is chosen, and saving it with its meaning checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain import account_choice, account_offers
from app.domain.account_choice import AccountRole
from app.domain.account_offers import Offer
from app.domain.channels import LABELS, channel_of, normalise
from app.domain.clockwork import HOURS
from app.domain.rules import Grouping, LockedPeriod, Rules
from app.ports import Item
from app.services.business.chart import Choices, read_choices
from app.services.connections import books_connection, provider_connection
from app.services.outside import Outside
from app.services.proving import snapshots
from app.services.refusals import Refusal
from app.store.businesses import Business
from app.store.connections import held_organization, of_business
from app.store.db import read, write
from app.store.movements import Movement
from app.store.settings import SettingsVersion, close_window, is_open, open_window, versions


@dataclass(frozen=True)
class SettingsInput:
    """What a person submitted: account and item ids of the books, `channels` empty for all."""

    sales_account: str = ""
    fee_account: str = ""
    refund_account: str = ""
    bank_account: str = ""
    default_item: str = ""
    grouping: str = "bulk"
    channels: tuple[str, ...] = ()
    sync_enabled: bool = False
    payout_account: str = ""
    sales_tax: str = ""
    own_numbers: bool = False
    locked_period: str = "wait"
    sync_hour: str = "1"


_OFFERED = (*(role.field for role in AccountRole), "default_item")


@dataclass(frozen=True)
class Option:
    """One entry of a list; `fits` is False where choosing it would be refused, `why` then says so."""

    id: str
    label: str
    fits: bool = True
    why: str = ""


@dataclass(frozen=True)
class SettingsView:
    """The settings form: current values, lists by field name, and a sentence for each empty list.

    `offers` holds by field name what was found for the empty ones. Nothing of it is stored, only preselected in the
    form of a business that never saved; `offered` then says what was found and what wasn't.
    """

    current: SettingsInput
    options: dict[str, tuple[Option, ...]]
    empty: dict[str, str]
    channels: tuple[Option, ...]
    seen_channels: tuple[Option, ...]
    home_currency: str
    saved: bool
    read: Choices
    chart_link: str = ""
    offers: dict[str, Offer] = field(default_factory=dict)
    offered: str = ""


def view(outside: Outside, business_id: int) -> SettingsView:
    """The form with lists read live. Refusal if Zoho Books isn't connected or doesn't answer."""
    choices = read_choices(outside, business_id)
    home = home_currency(business_id)
    current = current_input(business_id)
    options = {
        role.field: tuple(
            Option(account.id, account.name, not why, why)
            for account in account_choice.of_role(choices.accounts, role)
            for why in [account_choice.why_not(account, role, home)]
        )
        for role in AccountRole
    }
    options["sales_tax"] = tuple(Option(tax.code, tax.name) for tax in choices.taxes)
    items = account_choice.items_for(choices.items, current.sales_account)
    options["default_item"] = tuple(
        Option(item.id, item.name, not why, why)
        for item in items
        for why in [account_choice.why_not_item(item, current.sales_account)]
    )
    saved = _has_version(business_id)
    offers = account_offers.offers(choices.accounts, choices.items, home, _chosen(current))
    return SettingsView(
        current=current,
        options=options,
        empty={
            name: account_choice.EMPTY[name]
            for name, found in options.items()
            if name in account_choice.EMPTY and not found
        },
        channels=tuple(Option(code, label) for code, label in LABELS.items()),
        seen_channels=_seen(business_id),
        home_currency=home,
        saved=saved,
        read=choices,
        chart_link=_chart_link(outside, business_id),
        offers=offers,
        offered="" if saved else account_offers.sentence(offers, _OFFERED),
    )


def _chosen(current: SettingsInput) -> dict[str, str]:
    return {name: getattr(current, name) for name in _OFFERED}


def current_input(business_id: int) -> SettingsInput:
    """The values in force, or the defaults of a business that has none."""
    rules = current_rules(business_id)
    enabled, hour = sync_enabled(business_id), str(_business(business_id).sync_hour)
    if rules is None:
        return SettingsInput(sync_enabled=enabled, sync_hour=hour)
    return SettingsInput(
        sales_account=rules.sales_account,
        fee_account=rules.fee_account,
        refund_account=rules.refund_account,
        bank_account=rules.bank_account,
        default_item=rules.default_item,
        grouping=rules.grouping.value,
        channels=rules.channels,
        sync_enabled=enabled,
        payout_account=rules.payout_account,
        sales_tax=rules.sales_tax,
        own_numbers=rules.own_numbers,
        locked_period=rules.locked_period.value,
        sync_hour=hour,
    )


def _business(business_id: int) -> Business:
    with read() as session:
        return session.get_one(Business, business_id)


def current_rules(business_id: int) -> Rules | None:
    """The rules in force now, or None before the first save."""
    with read() as session:
        found = versions(session, business_id, held_organization(session, business_id))
        return msgspec.convert(found[-1].rules, Rules) if found else None


def sync_enabled(business_id: int) -> bool:
    """Whether a window is open."""
    with read() as session:
        return is_open(session, business_id)


def home_currency(business_id: int) -> str:
    """The provider account's own currency: read from any charge, until there is one the organization's."""
    with read() as session:
        charges = sa.select(Movement.home_currency).where(Movement.business_id == business_id)
        seen = session.scalar(charges.where(Movement.kind == "charge").limit(1))
        books = of_business(session, business_id, books_connection.SIDE)
        return seen or (books.currency if books else None) or ""


def save(
    outside: Outside, business_id: int, user_id: int, wanted: SettingsInput, choices: Choices | None = None
) -> None:
    """Check what was chosen against the books (`choices`: as just read, else they are read now), then store it and
    open or close the sync window.

    Refusal with a sentence per field: nothing was changed.
    """
    choices = choices or read_choices(outside, business_id)
    home = home_currency(business_id)
    problems = _problems(outside, business_id, wanted, choices, home)
    if problems:
        raise Refusal("The settings were not saved. The reasons stand at the fields.", problems=problems)
    rules = _rules(wanted, choices, home)
    now = outside.clock.now()
    with write() as session:
        session.get_one(Business, business_id).sync_hour = int(wanted.sync_hour)
        organization = held_organization(session, business_id)
        older = versions(session, business_id, organization)
        if not older or msgspec.convert(older[-1].rules, Rules) != rules:
            session.add(
                SettingsVersion(
                    business_id=business_id,
                    organization_id=organization,
                    valid_from=now,
                    saved_by=user_id,
                    rules=msgspec.to_builtins(rules),
                )
            )
        if wanted.sync_enabled:
            open_window(session, business_id, now)
            _note_opening(session, business_id, wanted.bank_account, choices, now)
        else:
            close_window(session, business_id, now.replace(microsecond=0), "settings")


def _note_opening(session: Session, business_id: int, account_id: str, choices: Choices, now: datetime) -> None:
    """What the clearing account held before Tieout wrote anything to it."""
    chosen = next((one for one in choices.accounts if one.id == account_id), None)
    if chosen and chosen.balance is not None:
        snapshots.open_account(session, business_id, account_id, chosen.balance, now)


def _problems(outside: Outside, business_id: int, wanted: SettingsInput, choices: Choices, home: str) -> dict[str, str]:
    problems = account_choice.account_problems(
        {role: getattr(wanted, role.field) for role in AccountRole}, choices.accounts, home
    )
    item = account_choice.item_problem(wanted.default_item, choices.items, wanted.sales_account)
    if item:
        problems["default_item"] = item
    if wanted.grouping not in set(Grouping):
        problems["grouping"] = "Choose Bulk or Individual."
    if wanted.locked_period not in set(LockedPeriod):
        problems["locked_period"] = "Choose what becomes of documents in a locked period."
    if wanted.sync_hour not in {str(hour) for hour in HOURS}:
        problems["sync_hour"] = "Choose an hour from the list."
    tax = account_choice.tax_problem(wanted.sales_tax, choices.taxes, wanted.default_item, choices.items)
    if tax:
        problems["sales_tax"] = tax
    known = set(LABELS) | {option.id for option in _seen(business_id)} | set(current_input(business_id).channels)
    if not set(wanted.channels) <= known:
        problems["channels"] = "Choose channels from the list."
    provider = provider_connection.view(outside, business_id)
    if wanted.sync_enabled and not provider.connected and not sync_enabled(business_id):
        problems["sync_enabled"] = "Connect HitPay first; sync can be enabled as soon as there is something to read."
    return problems


def _rules(wanted: SettingsInput, choices: Choices, home: str) -> Rules:
    names = {account.id: account.name for account in choices.accounts} | {item.id: item.name for item in choices.items}
    chosen = [getattr(wanted, role.field) for role in AccountRole] + [wanted.default_item]
    return Rules(
        sales_account=wanted.sales_account,
        fee_account=wanted.fee_account,
        refund_account=wanted.refund_account,
        bank_account=wanted.bank_account,
        default_item=wanted.default_item,
        clearing_currency=home,
        grouping=Grouping(wanted.grouping),
        channels=tuple(sorted(wanted.channels)),
        names={books_id: names[books_id] for books_id in chosen if books_id},
        payout_account=wanted.payout_account,
        sales_tax=wanted.sales_tax,
        item_tax=_tax_of(choices.items, wanted.default_item),
        own_numbers=wanted.own_numbers,
        locked_period=LockedPeriod(wanted.locked_period),
    )


def _tax_of(items: Sequence[Item], item_id: str) -> str:
    """What the Default Item bears by itself: a refund has no item of its own, and must bear the same."""
    tax = next((item.tax_id for item in items if item.id == item_id), "")
    return f"tax:{tax}" if tax else ""


def _has_version(business_id: int) -> bool:
    with read() as session:
        return bool(versions(session, business_id, held_organization(session, business_id)))


def _seen(business_id: int) -> tuple[Option, ...]:
    """Channel codes met in this account that no label covers."""
    with read() as session:
        codes = session.scalars(
            sa.select(Movement.channel).where(Movement.business_id == business_id).distinct().order_by(Movement.channel)
        )
        unknown = {normalise(code): code for code in codes if code and channel_of(code) is None}
    return tuple(Option(normal, code) for normal, code in unknown.items())


def _chart_link(outside: Outside, business_id: int) -> str:
    books = books_connection.view(outside, business_id)
    return outside.web_link(books.datacenter, books.organization_id, "chart_of_accounts", "")
