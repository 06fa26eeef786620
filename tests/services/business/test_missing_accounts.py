"""Accounts made from the settings: once, of the right type and currency, and refusals in words."""

from __future__ import annotations

import pytest

from app.domain import account_choice
from app.domain.account_choice import AccountRole
from app.services.business import missing_accounts, settings
from app.services.business.missing_accounts import NAMES
from app.services.refusals import Refusal
from app.simulator.zoho_books.accounts import set_active
from app.simulator.zoho_books.organizations import book_of
from tests.shop import Shop


def named(shop: Shop, name: str) -> list[dict[str, str]]:
    rows = book_of(shop.simulator, shop.organization).all("accounts")
    return [row for row in rows if row["account_name"] == name]


def refused(shop: Shop, role: AccountRole) -> Refusal:
    with pytest.raises(Refusal) as caught:
        missing_accounts.create(shop.outside, shop.business, role)
    return caught.value


@pytest.mark.parametrize("role", list(NAMES))
def test_account_is_made_once_and_can_be_saved_in_its_role(connected: Shop, role: AccountRole) -> None:
    book = book_of(connected.simulator, connected.organization)
    for row in named(connected, NAMES[role]):
        book.save("accounts", {**row, "account_name": "Something else"})
    first = missing_accounts.create(connected.outside, connected.business, role)
    second = missing_accounts.create(connected.outside, connected.business, role)
    assert (first.id, first.name, first.type) == (second.id, NAMES[role], role.types[0])
    assert len(named(connected, NAMES[role])) == 1
    problems = account_choice.account_problems({role: first.id}, [first], "SGD")
    assert problems == {}
    assert connected.truth()["trial_balance"] == "0.00"


def test_clearing_account_is_made_in_the_home_currency(connected: Shop) -> None:
    book = book_of(connected.simulator, connected.organization)
    book.save("accounts", {**named(connected, "HitPay Clearing")[0], "currency_code": "USD"})
    made = missing_accounts.create(connected.outside, connected.business, AccountRole.BANK)
    assert (made.name, made.currency) == ("HitPay Clearing 2", "SGD")


def test_name_an_inactive_account_holds_gives_way_to_the_next(connected: Shop) -> None:
    set_active(
        book_of(connected.simulator, connected.organization), str(named(connected, "HitPay Fees")[0]["id"]), False
    )
    made = missing_accounts.create(connected.outside, connected.business, AccountRole.FEE)
    assert made.name == "HitPay Fees 2"


def test_account_nobody_confirmed_is_found_with_the_next_press(connected: Shop) -> None:
    connected.fault("create_chart_of_account", "lost_after_apply")
    refusal = refused(connected, AccountRole.REFUND)
    assert "nobody can say yet whether it was done" in refusal.sentence
    assert list(refusal.problems) == ["refund_account"]
    made = missing_accounts.create(connected.outside, connected.business, AccountRole.REFUND)
    assert made.name == "HitPay Refunds"
    assert len(named(connected, "HitPay Refunds")) == 1


def test_login_that_may_not_make_accounts_is_told_what_to_do(connected: Shop) -> None:
    for _call in range(2):
        connected.fault("create_chart_of_account", "unauthorized")
    refusal = refused(connected, AccountRole.REFUND)
    assert "isn't allowed to make accounts" in refusal.sentence
    assert "reconnect Zoho Books" in refusal.sentence
    assert named(connected, "HitPay Refunds") == []


def test_what_is_missing_is_made_at_once_and_nothing_is_saved(connected: Shop) -> None:
    wanted = ["sales_account", "refund_account", "default_item"]
    making = missing_accounts.make(connected.outside, connected.business, wanted, {})
    assert making.refused is None
    assert [name for _id, name in making.made.values()] == ["HitPay Sales", "HitPay Refunds", "HitPay sales"]
    (item,) = connected.documents("items")
    assert item["account_id"] == making.made["sales_account"][0]
    assert settings.current_rules(connected.business) is None


def test_what_was_made_before_a_refusal_is_told(connected: Shop) -> None:
    connected.fault("create_chart_of_account", "refused", nth=2, status=400, code=2)
    making = missing_accounts.make(connected.outside, connected.business, ["sales_account", "refund_account"], {})
    assert list(making.made) == ["sales_account"]
    assert making.refused is not None
    assert making.refused.problems["refund_account"].startswith("“HitPay Refunds” wasn't made.")


def test_new_business_is_offered_what_fits_and_keeps_nothing(connected: Shop) -> None:
    view = settings.view(connected.outside, connected.business)
    assert {name: offer.name for name, offer in view.offers.items()} == {
        "sales_account": "Sales",
        "fee_account": "HitPay Fees",
        "refund_account": "Refunds payable",
        "bank_account": "HitPay Clearing",
        "payout_account": "DBS Current Account",
    }
    assert "Not found: Default Item" in view.offered
    assert settings.current_rules(connected.business) is None


def test_business_that_saved_is_only_told_of_offers_for_what_is_empty(ready: Shop) -> None:
    view = settings.view(ready.outside, ready.business)
    assert (list(view.offers), view.offered, view.current.payout_account) == (["payout_account"], "", "")
