"""Setting up with help, in a real browser: offers, making what is missing, waiting for Zoho Books, and the test."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.journeys.conftest import Site
from tests.journeys.test_first_run import connect_hitpay, connect_zoho, create_business, set_up_owner


def test_newcomer_follows_the_checklist_and_makes_what_is_missing(site: Site, person: BrowserContext) -> None:
    page = person.new_page()
    set_up_owner(page, site, checked=False)
    create_business(page, site, checked=False)
    connect_hitpay(page, site)
    expect(page.get_by_role("link", name="Next: connect Zoho Books")).to_be_visible()
    connect_zoho(page, site)
    page.get_by_role("link", name="Next: choose the accounts").click()
    expect(page.get_by_label("Sales Account").locator("option:checked")).to_have_text("Sales")
    site.check(page)
    page.goto(f"{site.url}/b/lumen/")

    place = page.get_by_role("heading", level=1).bounding_box()
    site.control("fault", platform="zoho_books", operation="list_items", kind="slow", seconds=2)
    page.get_by_role("link", name="Choose the accounts").click()
    expect(page.get_by_role("status").filter(has_text="Reading the lists from Zoho Books.")).to_be_visible()
    assert page.get_by_role("heading", level=1).bounding_box() == place
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Bank Account").locator("option:checked")).to_have_text("HitPay Clearing")
    expect(page.get_by_text("Reading the lists from Zoho Books.")).to_have_count(0)
    dialog.get_by_label("Fee Account").select_option("")
    dialog.get_by_role("button", name="Make a right item in Zoho Books").click()
    expect(dialog.get_by_label("Default Item").locator("option:checked")).to_have_text("HitPay sales")
    dialog.get_by_role("button", name="Make “HitPay Fees” in Zoho Books").click()
    expect(dialog.get_by_label("Fee Account").locator("option:checked")).to_have_text("HitPay Fees")
    dialog.get_by_label("Enable sync").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()

    page.get_by_role("link", name="Settings", exact=True).click()
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_role("heading", name="Everything works")).to_be_in_viewport()
    site.check(page)
