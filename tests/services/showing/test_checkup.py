"""Test: what it finds in a world that is right, and in one where something was changed behind our back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.checkup import Finding
from app.services.showing import checkup
from app.services.showing.checkup import CheckupView
from app.simulator.zoho_books import people
from app.simulator.zoho_books.accounts import set_active
from app.simulator.zoho_books.organizations import book_of, set_lock_date, set_organization_active
from tests.shop import BUSINESS_TABLES, Shop


def look(shop: Shop) -> CheckupView:
    """The test run, which must leave every table as it was and keep to a few calls."""
    before, sent = shop.hashes(*BUSINESS_TABLES), len(shop.line.calls)
    found = checkup.run(shop.outside, shop.business_view())
    assert shop.hashes(*BUSINESS_TABLES) == before
    assert {method for method, _path in shop.line.calls[sent:]} <= {"GET"}
    return found


def line(found: CheckupView, name: str) -> Finding:
    (one,) = [finding for finding in found.findings if finding.name == name]
    return one


def test_business_that_is_right_is_found_so_in_few_calls(ready: Shop) -> None:
    ready.save(payout_account=ready.truth()["accounts"]["DBS Current Account"]["account_id"])
    sent = len(ready.line.calls)
    found = look(ready)
    assert (found.tone, found.sentence) == ("ok", "Everything works: both sides answer, and what is chosen is right.")
    assert [one.name for one in found.findings] == [
        "HitPay", "Payouts", "Zoho Books", "Organization", "Sales Account", "Fee Account", "Refund Account",
        "Bank Account", "Payout Account", "Default Item", "Locked period", "Permissions", "Plan", "Sync",
    ]  # fmt: skip
    assert found.calls == len(ready.line.calls) - sent == 7


def deactivate_fees(shop: Shop) -> None:
    set_active(book_of(shop.simulator, shop.organization), shop.accounts["HitPay Fees"], False)


def deactivate_item(shop: Shop) -> None:
    book = book_of(shop.simulator, shop.organization)
    (item,) = book.all("items")
    people.deactivate(book, "items", item["id"])


def sell_elsewhere(shop: Shop) -> None:
    book = book_of(shop.simulator, shop.organization)
    (item,) = book.all("items")
    book.save("items", {**item, "account_id": shop.accounts["Online Sales"]})


def close_organization(shop: Shop) -> None:
    set_organization_active(shop.simulator, shop.organization, False)


def change_currency(shop: Shop) -> None:
    shop.set_organization(currency_code="USD")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (deactivate_fees, "Fee Account"),
        (deactivate_item, "Default Item"),
        (sell_elsewhere, "Default Item"),
        (close_organization, "Organization"),
        (change_currency, "Organization"),
    ],
)
def test_what_was_changed_is_found_and_named(ready: Shop, change: Callable[[Shop], None], name: str) -> None:
    change(ready)
    found = look(ready)
    assert found.tone == "bad"
    assert line(found, name).tone == "bad"
    assert name in found.sentence


def test_lock_that_reaches_today_is_a_thing_to_look_at(ready: Shop) -> None:
    set_lock_date(ready.simulator, ready.organization, "2026-11-22")
    found = look(ready)
    assert (found.tone, line(found, "Locked period").tone) == ("warn", "warn")


def test_permission_zoho_denies_is_named(ready: Shop) -> None:
    for _call in range(2):
        ready.fault("list_items", "unauthorized")
    found = checkup.run(ready.outside, ready.business_view())
    assert line(found, "Permissions").tone == "bad"
    assert "denied reading items" in line(found, "Permissions").sentence
    assert line(found, "Items").detail


def test_zoho_that_gives_no_answer_is_asked_no_further(ready: Shop) -> None:
    for _try in range(4):
        ready.fault("list_organizations", "error_before_apply")
    found = look(ready)
    assert line(found, "HitPay").tone == "ok"
    assert line(found, "Zoho Books").tone == "warn"
    assert "Not looked at" in line(found, "Accounts").sentence
    assert found.calls <= 5


def test_login_that_is_dead_is_broken_and_changes_nothing_here(ready: Shop) -> None:
    ready.fault("list_organizations", "refused", status=401, code=14)
    found = look(ready)
    assert line(found, "Zoho Books").tone == "bad"
    assert found.sentence.startswith("Sync can't work as it is. Broken: Zoho Books.")


def test_business_without_connections_is_told_so_without_a_call(shop: Shop) -> None:
    shop.open_business()
    found = look(shop)
    assert (line(found, "HitPay").tone, line(found, "Zoho Books").tone, found.calls) == ("bad", "bad", 0)


def test_business_without_settings_is_told_to_choose(connected: Shop) -> None:
    found = look(connected)
    assert (line(found, "Settings").tone, line(found, "Sync").tone, found.tone) == ("warn", "warn", "warn")
