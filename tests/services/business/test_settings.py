"""Settings: what may be saved, what a save does, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.services.business import settings
from app.services.business.settings import SettingsInput
from app.services.connections import books_connection, provider_connection
from app.services.refusals import Refusal
from app.services.showing import records
from app.simulator.zoho_books.accounts import set_active
from app.simulator.zoho_books.organizations import book_of
from app.store.db import read
from app.store.settings import versions, windows
from tests.shop import ACCOUNT, Shop

WRITTEN = ("settings_versions", "sync_windows", "connections", "movements", "effects")


def save(shop: Shop, wanted: SettingsInput) -> None:
    settings.save(shop.outside, shop.business, shop.user, wanted)


def problems(shop: Shop, wanted: SettingsInput) -> dict[str, str]:
    """The sentences at the fields, after which nothing is stored."""
    before = shop.hashes(*WRITTEN)
    with pytest.raises(Refusal) as caught:
        save(shop, wanted)
    assert shop.hashes(*WRITTEN) == before
    assert caught.value.sentence == "The settings were not saved. The reasons stand at the fields."
    return caught.value.problems


def changed(shop: Shop, field: str, value: str) -> SettingsInput:
    """Settings that fit, but for one field."""
    given: dict[str, Any] = {field: value}
    return replace(shop.wanted(), **given)


def stored(shop: Shop) -> tuple[int, list[bool]]:
    """How many versions there are, and of each window whether it is closed."""
    with read() as session:
        kept = versions(session, shop.business, shop.organization)
        return len(kept), [bool(one.closed_at) for one in windows(session, shop.business)]


def account(shop: Shop, name: str) -> str:
    return str(shop.truth()["accounts"][name]["account_id"])


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("sales_account", "Choose the Sales Account."),
        ("fee_account", "Choose the Fee Account."),
        ("refund_account", "Choose the Refund Account."),
        ("bank_account", "Choose the Bank Account."),
        ("default_item", "Choose the Default Item, or let Tieout make one."),
        ("grouping", "Choose Bulk or Individual."),
    ],
)
def test_field_left_empty_is_told_at_that_field(connected: Shop, field: str, says: str) -> None:
    assert problems(connected, changed(connected, field, "")) == {field: says}


@pytest.mark.parametrize(
    ("field", "taken", "says"),
    [
        ("sales_account", "HitPay Fees", "The Sales Account must be an active account of the type Income."),
        ("fee_account", "Sales", "The Fee Account must be an active account of the type Expense."),
        ("refund_account", "HitPay Clearing", "must be an active account of the type Other Current Liability."),
        ("bank_account", "Refunds payable", "The Bank Account must be an active account of the type Bank."),
        ("bank_account", "USD Account", "USD Account is kept in USD, but HitPay pays out in SGD."),
        ("payout_account", "Sales", "The Payout Account must be an active account of the type Bank or Cash."),
        ("payout_account", "USD Account", "but HitPay pays out in SGD. Choose a Payout Account in SGD."),
        ("payout_account", "HitPay Clearing", "This is the Bank Account, where HitPay's money waits."),
    ],
)
def test_account_that_does_not_fit_is_told_at_its_field(connected: Shop, field: str, taken: str, says: str) -> None:
    found = problems(connected, changed(connected, field, account(connected, taken)))
    assert says in found.pop(field)
    assert set(found) <= {"default_item"}  # another Sales Account makes the item wrong as well


@pytest.mark.parametrize(
    "field", ["sales_account", "fee_account", "refund_account", "bank_account", "payout_account", "default_item"]
)
@pytest.mark.parametrize("chosen", ["1", "not a number", "' OR 1=1"])
def test_what_is_not_in_zoho_is_told_at_its_field(connected: Shop, field: str, chosen: str) -> None:
    found = problems(connected, changed(connected, field, chosen))
    assert "is not in Zoho Books any more" in found[field]


def test_account_deactivated_meanwhile_is_told_at_its_field(connected: Shop) -> None:
    wanted = connected.wanted()
    book = book_of(connected.simulator, connected.organization)
    with connected.simulator.state.transaction():
        set_active(book, wanted.fee_account, active=False)
    assert problems(connected, wanted) == {
        "fee_account": "This account is not in Zoho Books any more. Choose the Fee Account again."
    }


def test_item_that_sells_onto_another_account_is_told_at_its_field(connected: Shop) -> None:
    wanted = replace(connected.wanted(), sales_account=account(connected, "Online Sales"))
    assert "doesn't sell onto the Sales Account" in problems(connected, wanted)["default_item"]


@pytest.mark.parametrize("channels", [("no_such_channel",), ("shopify", "<script>"), ("",)])
def test_channel_that_is_not_offered_is_told_at_its_field(connected: Shop, channels: tuple[str, ...]) -> None:
    assert problems(connected, replace(connected.wanted(), channels=channels)) == {
        "channels": "Choose channels from the list."
    }


def test_all_problems_are_told_at_once(connected: Shop) -> None:
    assert set(problems(connected, SettingsInput(grouping="weekly", channels=("x",)))) == {
        "sales_account", "fee_account", "refund_account", "bank_account", "default_item", "grouping", "channels",
    }  # fmt: skip


def test_sync_cannot_be_enabled_without_hitpay(shop: Shop) -> None:
    shop.open_business()
    shop.connect_books()
    wanted = shop.wanted()
    assert set(problems(shop, wanted)) == {"sync_enabled"}
    save(shop, replace(wanted, sync_enabled=False))
    assert stored(shop) == (1, [])


def test_saving_needs_zoho(connected: Shop) -> None:
    wanted = connected.wanted()
    books_connection.disconnect(connected.outside, connected.business)
    before = connected.hashes()
    assert refusal_of(lambda: save(connected, wanted)).sentence.startswith("The settings need Zoho Books.")
    assert connected.hashes() == before


def test_save_that_changes_nothing_adds_no_version(ready: Shop) -> None:
    assert stored(ready) == (1, [False])
    before = ready.hashes(*WRITTEN)
    ready.clock.advance(timedelta(minutes=1))
    ready.save()
    assert ready.hashes(*WRITTEN) == before


def test_each_change_adds_a_version_and_keeps_the_older_ones(ready: Shop) -> None:
    changes: list[dict[str, Any]] = [
        {"grouping": "bulk"}, {"channels": ("shopify",)}, {"channels": ()}, {"payout_account": "Petty Cash"},
        {"bank_account": "DBS Current Account"},
    ]  # fmt: skip
    changes[-2]["payout_account"] = account(ready, "Petty Cash")
    changes[-1]["bank_account"] = account(ready, "DBS Current Account")
    for number, change in enumerate(changes, start=2):
        ready.clock.advance(timedelta(minutes=1))
        ready.save(**change)
        assert stored(ready)[0] == number


def test_order_in_which_channels_were_ticked_is_no_change(ready: Shop) -> None:
    ready.save(channels=("shopify", "wix"))
    ready.save(channels=("wix", "shopify"))
    assert stored(ready)[0] == 2


def test_enabling_opens_one_window_and_again_no_second(connected: Shop) -> None:
    connected.save(sync_enabled=False)
    assert stored(connected) == (1, [])
    connected.save()
    connected.clock.advance(timedelta(minutes=1))
    connected.save()
    assert stored(connected) == (1, [False])
    assert settings.sync_enabled(connected.business)


def test_disabling_closes_the_window_and_enabling_opens_another(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=1))
    ready.save(sync_enabled=False)
    assert stored(ready) == (1, [True])
    assert not settings.sync_enabled(ready.business)
    ready.save(sync_enabled=False)
    assert stored(ready) == (1, [True])
    ready.clock.advance(timedelta(minutes=1))
    ready.save()
    assert stored(ready) == (1, [True, False])


def test_channels_count_for_charges_made_from_then_on(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    before = ready.world.add_charge(ACCOUNT, channel="api_wix")
    ready.clock.advance(timedelta(minutes=5))
    ready.save(channels=("shopify",))
    ready.clock.advance(timedelta(minutes=5))
    wix = ready.world.add_charge(ACCOUNT, channel="api_wix")
    shopify = ready.world.add_charge(ACCOUNT, channel="api_shopify")
    ready.clock.advance(timedelta(minutes=5))
    ready.save(channels=())
    ready.sync()

    fates = {row.provider_id: row.says for row in records.page(ready.business).rows}
    assert fates == {
        before["id"]: "In Zoho Books.",
        shopify["id"]: "In Zoho Books.",
        wix["id"]: "Left out: channel not selected: Wix.",
    }


def test_channel_seen_in_the_account_can_be_chosen(ready: Shop) -> None:
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, channel="Pop-up Stall")
    ready.sync()
    (seen,) = settings.view(ready.outside, ready.business).seen_channels
    assert seen.label == "Pop-up Stall"
    ready.save(channels=(seen.id,))
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, channel="Pop-up Stall")
    ready.sync()
    assert len(ready.documents("invoices")) == 2


@pytest.mark.parametrize(
    ("field", "kinds", "label"),
    [
        ("fee_account", {"expense"}, "Expense"),
        ("refund_account", {"other_current_liability"}, "Other Current Liability"),
        ("bank_account", {"bank"}, "Bank"),
        ("sales_account", {"income"}, "Income"),
    ],
)
def test_empty_list_says_why_and_what_to_do(connected: Shop, field: str, kinds: set[str], label: str) -> None:
    book = book_of(connected.simulator, connected.organization)
    with connected.simulator.state.transaction():
        for row in book.all("accounts"):
            if row["account_type"] in kinds:
                set_active(book, row["id"], active=False)
    view = settings.view(connected.outside, connected.business)
    assert view.options[field] == ()
    assert view.empty == {
        field: f"Your Zoho Books has no active account of the type {label}. Make one there and reload.",
        "default_item": "Your Zoho Books has no active item yet. Choose the Sales Account and let Tieout make one.",
    }
    assert view.chart_link.endswith("chartofaccounts")


def test_lists_hold_only_what_fits_and_say_why_something_does_not(connected: Shop) -> None:
    view = settings.view(connected.outside, connected.business)
    banks = {option.label: option.why for option in view.options["bank_account"]}
    assert banks == {
        "DBS Current Account": "",
        "HitPay Clearing": "",
        "USD Account": "USD Account is kept in USD, but HitPay pays out in SGD. "
        "Choose a Bank Account in SGD, best one made for HitPay alone.",
    }
    assert {option.label: option.fits for option in view.options["payout_account"]} == {
        "DBS Current Account": True, "HitPay Clearing": True, "Petty Cash": True, "USD Account": False,
        "Undeposited Funds": True,
    }  # fmt: skip
    assert {option.label for option in view.options["sales_account"]} >= {"Sales", "Online Sales"}
    assert "HitPay Fees" not in {option.label for option in view.options["sales_account"]}
    assert (view.saved, view.home_currency, view.current.grouping) == (False, "SGD", "bulk")


def test_clearing_account_follows_the_currency_hitpay_pays_out_in(ready: Shop) -> None:
    """The organization keeps its books in Singapore dollars, but the HitPay account turns out to pay US dollars."""
    ready.clock.advance(timedelta(minutes=5))
    ready.world.add_charge(ACCOUNT, currency="usd", home_currency="usd")
    ready.sync()
    (record,) = records.page(ready.business).rows
    assert (record.fate, "USD" in record.says) == ("held", True)

    wanted = ready.wanted()
    assert "HitPay pays out in USD" in problems(ready, wanted)["bank_account"]
    save(ready, replace(wanted, bank_account=account(ready, "USD Account")))
    assert settings.current_rules(ready.business).clearing_currency == "USD"  # type: ignore[union-attr]


def test_settings_survive_a_disconnection_of_hitpay(ready: Shop) -> None:
    before = settings.current_input(ready.business)
    provider_connection.disconnect(ready.outside, ready.business)
    assert settings.current_input(ready.business) == replace(before, sync_enabled=False)
