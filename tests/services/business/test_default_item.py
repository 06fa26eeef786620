"""The Default Item: made once, under the first name that is free."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.services.business import default_item
from app.services.refusals import Refusal
from app.simulator.zoho_books import people
from app.simulator.zoho_books.organizations import book_of
from tests.shop import Shop


def account(shop: Shop, name: str) -> str:
    return str(shop.truth()["accounts"][name]["account_id"])


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_default_item_is_made_once(connected: Shop) -> None:
    sales = account(connected, "Sales")
    first = default_item.create(connected.outside, connected.business, sales)
    second = default_item.create(connected.outside, connected.business, sales)
    assert first.id == second.id
    assert [row["name"] for row in connected.documents("items")] == ["HitPay sales"]


def test_default_item_of_another_sales_account_gets_a_name_of_its_own(connected: Shop) -> None:
    for name in ("Sales", "Online Sales", "Online Sales"):
        default_item.create(connected.outside, connected.business, account(connected, name))
    assert [row["name"] for row in connected.documents("items")] == ["HitPay sales", "HitPay sales (Online Sales)"]


def test_default_item_whose_name_an_inactive_item_holds_gets_the_next_name(connected: Shop) -> None:
    sales = account(connected, "Sales")
    first = default_item.create(connected.outside, connected.business, sales)
    people.deactivate(book_of(connected.simulator, connected.organization), "items", first.id)
    second = default_item.create(connected.outside, connected.business, sales)
    assert (second.name, second.account_id) == ("HitPay sales (Sales)", sales)


@pytest.mark.parametrize("chosen", ["", "1", "HitPay Fees"])
def test_default_item_needs_a_sales_account(connected: Shop, chosen: str) -> None:
    sales = account(connected, chosen) if chosen == "HitPay Fees" else chosen
    refusal = refusal_of(lambda: default_item.create(connected.outside, connected.business, sales))
    assert refusal.problems == {"sales_account": "Choose the Sales Account first; the item is made for it."}
    assert connected.documents("items") == []


def test_default_item_nobody_confirmed_is_found_with_the_next_click(connected: Shop) -> None:
    sales = account(connected, "Sales")
    connected.fault("create_item", "lost_after_apply")
    refusal = refusal_of(lambda: default_item.create(connected.outside, connected.business, sales))
    assert "nobody can say yet whether it was done" in refusal.sentence
    assert "wasn't made" not in refusal.sentence
    assert default_item.create(connected.outside, connected.business, sales).name == "HitPay sales"
    assert len(connected.documents("items")) == 1


def test_item_zoho_refuses_is_told_at_the_field(connected: Shop) -> None:
    sales = account(connected, "Sales")
    connected.fault("create_item", "refused", status=400, code=1038)
    refusal = refusal_of(lambda: default_item.create(connected.outside, connected.business, sales))
    assert refusal.problems["default_item"].startswith("The item wasn't made.")
