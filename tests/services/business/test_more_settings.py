"""What is folded away under "More settings": tax on sales, own numbers, and documents of a locked period."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.services.business import settings
from app.services.planning import plans
from app.services.refusals import Refusal
from app.services.showing import records
from app.simulator.zoho_books.book import Book
from app.simulator.zoho_books.items import item_of
from app.simulator.zoho_books.operations import act
from app.simulator.zoho_books.organizations import book_of, set_lock_date, set_switches
from app.simulator.zoho_books.taxes import create_exemption, create_tax
from tests.provider_truth import fee_of
from tests.shop import ACCOUNT, Shop


def book(shop: Shop) -> Book:
    return book_of(shop.simulator, shop.organization)


def gst(shop: Shop) -> str:
    with shop.simulator.state.transaction():
        return create_tax(book(shop), "GST", Decimal(9))


def sell(shop: Shop, amount: str = "109.00", **changes: Any) -> dict[str, Any]:
    shop.clock.advance(timedelta(minutes=5))
    return shop.world.add_charge(ACCOUNT, amount=amount, **changes)


def refund(shop: Shop, charge: dict[str, Any], amount: str | None = None) -> None:
    shop.clock.advance(timedelta(minutes=5))
    shop.world.refund(charge["id"], amount)


def books_are_closed(shop: Shop) -> None:
    truth = shop.truth()
    assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
    assert truth["trial_balance"] == "0.00"


def test_chosen_tax_is_within_the_sale_and_its_refund_gives_it_back(connected: Shop) -> None:
    connected.save(sales_tax=f"tax:{gst(connected)}")
    charge = sell(connected)
    refund(connected, charge)
    assert connected.sync().outcome == "fine"

    (invoice,), (note,) = connected.documents("invoices"), connected.documents("creditnotes")
    assert (Decimal(invoice["total"]), Decimal(invoice["tax_total"])) == (Decimal("109"), Decimal("9.00"))
    assert Decimal(note["total"]) == Decimal("109")
    assert Decimal(connected.truth()["accounts"]["HitPay Clearing"]["balance"]) == -fee_of(charge)
    assert book(connected).ledger.balance(book(connected).system_account("tax")).base == 0
    books_are_closed(connected)


def test_refund_bears_the_tax_its_sale_bore_whatever_is_chosen_since(connected: Shop) -> None:
    connected.save(sales_tax=f"tax:{gst(connected)}")
    charge = sell(connected)
    connected.sync()
    connected.clock.advance(timedelta(minutes=5))
    connected.save(sales_tax="")
    refund(connected, charge)
    connected.sync()
    assert book(connected).ledger.balance(book(connected).system_account("tax")).base == 0
    books_are_closed(connected)


def test_tax_of_the_default_item_comes_back_with_a_refund_too(ready: Shop) -> None:
    tax = gst(ready)
    item = settings.current_input(ready.business).default_item
    with ready.simulator.state.transaction():
        book(ready).save("items", {**item_of(book(ready), item), "tax_id": tax})
    ready.save()
    refund(ready, sell(ready))
    ready.sync()
    assert Decimal(ready.documents("invoices")[0]["tax_total"]) == Decimal("9.00")
    assert book(ready).ledger.balance(book(ready).system_account("tax")).base == 0


def test_exemption_satisfies_an_organization_that_wants_a_tax_or_an_exemption(connected: Shop) -> None:
    set_switches(connected.simulator, connected.organization, tax_required=True)
    with connected.simulator.state.transaction():
        exemption = create_exemption(book(connected), "EXPORT")
    connected.save(sales_tax=f"exemption:{exemption}")
    refund(connected, sell(connected), "9.00")
    assert connected.sync().outcome == "fine"
    assert Decimal(connected.documents("invoices")[0]["tax_total"]) == 0
    books_are_closed(connected)


def test_exemption_and_a_taxed_item_contradict_each_other(connected: Shop) -> None:
    tax, wanted = gst(connected), connected.wanted()
    with connected.simulator.state.transaction():
        exemption = create_exemption(book(connected), "EXPORT")
        book(connected).save("items", {**item_of(book(connected), wanted.default_item), "tax_id": tax})
    with pytest.raises(Refusal) as caught:
        connected.save(sales_tax=f"exemption:{exemption}")
    assert "bears a tax itself" in caught.value.problems["sales_tax"]


def test_own_numbers_are_the_references_and_zoho_counts_on_from_where_it_was(connected: Shop) -> None:
    connected.save(own_numbers=True)
    charge = sell(connected)
    refund(connected, charge)
    connected.sync()
    (invoice,), (note,) = connected.documents("invoices"), connected.documents("creditnotes")
    assert invoice["invoice_number"] == invoice["reference_number"] == f"HP-{charge['id']}"
    assert note["creditnote_number"] == note["reference_number"]
    connected.save(own_numbers=False)
    sell(connected)
    connected.sync()
    assert connected.documents("invoices")[-1]["invoice_number"] == "INV-000001"


def test_number_that_is_taken_by_our_own_invoice_is_adopted(connected: Shop) -> None:
    connected.save(own_numbers=True)
    sell(connected)
    connected.sync()  # the first one looks for what another install may have written; this is about what comes later
    charge = sell(connected)
    customer = connected.documents("invoices")[0]["customer_id"]
    line = {"item_id": settings.current_input(connected.business).default_item, "rate": Decimal("109.00")}
    act(connected.simulator, connected.organization, "create_invoice", {
        "customer_id": customer, "invoice_number": f"HP-{charge['id']}", "date": "2026-11-22",
        "reference_number": f"HP-{charge['id']}", "line_items": [line],
    }, {"ignore_auto_number_generation": "true"})  # fmt: skip
    connected.sync()
    assert connected.effects()["create_invoice"] == "in_doubt"
    connected.clock.advance(timedelta(hours=1))
    assert connected.sync().outcome == "fine"
    assert connected.counts() == (2, 2, 2)
    books_are_closed(connected)


def test_number_that_is_taken_by_something_else_is_held_and_says_what_to_do(connected: Shop) -> None:
    connected.save(own_numbers=True)
    charge = sell(connected)
    customer = act(connected.simulator, connected.organization, "create_contact",
                   {"contact_name": "Somebody", "contact_type": "customer"})  # fmt: skip
    line = {"item_id": settings.current_input(connected.business).default_item, "rate": Decimal("3.00")}
    act(connected.simulator, connected.organization, "create_invoice", {
        "customer_id": customer["contact"]["contact_id"], "invoice_number": f"HP-{charge['id']}", "line_items": [line],
    }, {"ignore_auto_number_generation": "true"})  # fmt: skip
    for _run in range(4):
        connected.sync("daily")
        connected.clock.advance(timedelta(hours=2))
    assert connected.effects()["create_invoice"] == "held"
    story = records.story(connected.outside, connected.business, records.page(connected.business).rows[0].id)
    assert story is not None
    assert "already has a record of this number" in story.documents[0].trouble


@pytest.mark.parametrize("grouping", ["individual", "bulk"])
def test_documents_of_a_locked_period_go_to_the_first_open_day_with_their_true_date(
    connected: Shop, grouping: str
) -> None:
    connected.save(grouping=grouping, locked_period="next_open_day")
    charge = sell(connected)
    refund(connected, charge, "9.00")
    connected.next_day()
    connected.next_day()
    set_lock_date(connected.simulator, connected.organization, "2026-11-22")
    said = plans.preview(connected.outside, connected.business)
    run = connected.sync()
    assert (run.outcome, run.plan_hash) == ("fine", said.plan_hash)
    kinds = ("invoices", "customerpayments", "expenses", "creditnotes", "creditnote_refunds")
    rows = [row for kind in kinds for row in connected.documents(kind)]
    assert {row["date"] for row in rows} == {"2026-11-23"}
    for row in rows:
        text = f"{row.get('notes', '')} {row.get('description', '')} {row.get('line_items', '')}"
        assert "Of 22 Nov 2026, in a locked period." in text
    assert connected.sync().calls == 0
    books_are_closed(connected)


def test_documents_of_a_locked_period_wait_unless_chosen_otherwise(ready: Shop) -> None:
    sell(ready)
    ready.next_day()
    set_lock_date(ready.simulator, ready.organization, "2026-11-22")
    ready.sync()
    assert ready.counts() == (0, 0, 0)
    (record,) = records.page(ready.business).rows
    assert record.says == "Held: period locked until 22 Nov 2026."
    assert "post on the first open day" in record.remedy
    ready.save(locked_period="next_open_day")
    ready.sync()
    assert [row["date"] for row in ready.documents("invoices")] == ["2026-11-23"]


def test_period_that_is_locked_into_the_future_holds_all_the_same(connected: Shop) -> None:
    connected.save(locked_period="next_open_day")
    sell(connected)
    set_lock_date(connected.simulator, connected.organization, "2026-12-31")
    connected.sync()
    assert connected.counts() == (0, 0, 0)


def test_what_a_lock_stopped_half_way_goes_on_on_the_first_open_day_once_chosen(ready: Shop) -> None:
    sell(ready)
    ready.line.spoil("POST", "/expenses", '{"code": 4, "message": "The period is locked."}', status=400, times=1)
    ready.sync()
    assert ready.effects()["create_expense"] == "held"
    ready.line.mend()
    ready.next_day()
    set_lock_date(ready.simulator, ready.organization, date(2026, 11, 22).isoformat())
    ready.save(locked_period="next_open_day")
    said = plans.preview(ready.outside, ready.business)
    run = ready.sync()
    assert run.plan_hash == said.plan_hash
    (expense,) = ready.documents("expenses")
    assert expense["date"] == "2026-11-23"
    assert "Of 22 Nov 2026" in expense["description"]


def test_sales_refused_for_want_of_a_tax_go_through_once_one_is_chosen(ready: Shop) -> None:
    tax = gst(ready)
    set_switches(ready.simulator, ready.organization, tax_required=True)
    first = sell(ready)
    for _sale in range(4):
        sell(ready)
    ready.sync()
    assert ready.counts() == (0, 0, 0)
    ready.save(sales_tax=f"tax:{tax}")
    refund(ready, first)
    said = plans.preview(ready.outside, ready.business)
    run = ready.sync()
    assert (run.outcome, run.plan_hash) == ("fine", said.plan_hash)
    assert ready.counts() == (5, 5, 5)
    assert {Decimal(row["tax_total"]) for row in ready.documents("invoices")} == {Decimal("9.00")}
    ready.sync()
    assert book(ready).ledger.balance(book(ready).system_account("tax")).base == -36
    books_are_closed(ready)
