"""From an empty install to synced books, in a real browser, by the labels a person reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import PASSWORD
from tests.journeys.conftest import TOKEN, Site

ORGANIZATION = "Lumen Home Goods"
EMAIL = "owner@example.com"


def set_up_owner(page: Page, site: Site, *, checked: bool = True) -> None:
    page.goto(f"{site.url}/setup?token={TOKEN}")
    if checked:
        site.check(page)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create the owner").click()


def create_business(page: Page, site: Site, *, checked: bool = True) -> None:
    page.get_by_role("link", name="Add a business").click()
    if checked:
        site.check(page)
    page.get_by_label("Name").fill("Lumen")
    page.get_by_label("Time zone").select_option("Asia/Singapore")
    page.get_by_role("button", name="Create").click()


def connect_hitpay(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/b/lumen/provider")
    page.get_by_label("Environment").select_option(label="Simulator")
    page.get_by_label("API key").fill("a wrong key without spaces".replace(" ", "-"))
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("HitPay doesn't know this API key.")).to_be_visible()
    site.check(page)
    page.get_by_label("API key").fill(site.world["hitpay"]["lumen"])
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("connected", exact=True).first).to_be_visible()
    site.check(page)


def ask_zoho(page: Page, site: Site, *, checked: bool = True) -> None:
    page.goto(f"{site.url}/b/lumen/zoho")
    expect(page.get_by_text(f"{site.url}/oauth/zoho/callback").first).to_be_attached()
    if checked:
        site.check(page)
    page.get_by_label("Client ID").fill(site.world["zoho"]["client_id"])
    page.get_by_label("Client secret").fill(site.world["zoho"]["client_secret"])
    page.get_by_label("Zoho datacenter").select_option("simulator")


def connect_zoho(page: Page, site: Site) -> None:
    ask_zoho(page, site)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect").click()
    popup = opened.value
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Accept").click()
    pick_organization(page, site)


def pick_organization(page: Page, site: Site) -> None:
    organizations = page.get_by_label("Organization")
    expect(organizations.locator("option", has_text="Lumen (closed 2024)")).to_be_disabled()
    organizations.select_option(label=f"{ORGANIZATION}, SGD")
    site.check(page)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(f"Zoho Books is connected to {ORGANIZATION}.")).to_be_visible()
    site.check(page)


def choose_settings(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/b/lumen/")
    site.check(page)
    page.get_by_role("link", name="Settings", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Sales Account").select_option(label="Sales")
    dialog.get_by_label("Fee Account").select_option(label="HitPay Fees")
    dialog.get_by_label("Refund Account").select_option(label="Refunds payable")
    dialog.get_by_label("Bank Account").select_option(label="HitPay Clearing")
    expect(dialog.get_by_label("Invoice Grouping")).to_have_value("bulk")
    dialog.get_by_label("Invoice Grouping").select_option("individual")
    dialog.get_by_label("Enable sync").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Choose the Default Item, or let Tieout make one.")).to_be_visible()
    site.check(page)
    dialog.get_by_role("button", name="Make a right item in Zoho Books").click()
    expect(dialog.get_by_label("Default Item").locator("option:checked")).to_have_text("HitPay sales")
    expect(dialog.get_by_label("Enable sync")).to_be_checked()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def sync_now(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/b/lumen/")
    page.get_by_role("button", name="Sync Now").click()
    expect(page.get_by_role("heading", name="Everything HitPay told at the last sync is in Zoho Books.")).to_be_visible(
        timeout=30_000
    )
    site.check(page)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Ask again and again, as a person presses reload."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end


def test_newcomer_comes_from_setup_to_synced_books(site: Site, person: BrowserContext) -> None:
    page = person.new_page()
    set_up_owner(page, site)
    site.check(page)
    create_business(page, site)
    site.check(page)
    connect_hitpay(page, site)
    connect_zoho(page, site)
    choose_settings(page, site)
    for amount in ("12.34", "500.00", "0.99"):
        site.control("charge", account="lumen", amount=amount)
    sync_now(page, site)

    books = site.truth(ORGANIZATION)
    totals = sorted(Decimal(row["total"]) for row in books["documents"]["invoices"])
    assert totals == [Decimal("0.99"), Decimal("12.34"), Decimal("500.00")]
    assert len(books["documents"]["customerpayments"]) == 3
    assert books["trial_balance"] == "0.00"
    assert books["violations"] == []

    page.get_by_role("link", name="Records", exact=True).click()
    site.check(page)
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    site.check(page)
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    site.check(page)
    link = page.locator("main a[href*='/books/app/']").first
    assert "#/invoices/" in (link.get_attribute("href") or "")
    for place in ("documents", "runs", "integrations", "integrations?tab=connected", "settings"):
        page.goto(f"{site.url}/b/lumen/{place}")
        site.check(page)
    page.goto(site.url)
    site.check(page)


def test_refused_consent_is_told_and_changes_nothing(site: Site, person: BrowserContext) -> None:
    page = person.new_page()
    set_up_owner(page, site)
    create_business(page, site)
    ask_zoho(page, site)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Connect").click()
    popup = opened.value
    popup.get_by_role("button", name="Deny").click()
    expect(popup.get_by_text("Zoho reports that access was refused")).to_be_visible()
    site.check(popup)
    popup.close()
    expect(page.get_by_text("not connected").first).to_be_visible()

    connect_zoho(page, site)


def test_connecting_works_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    set_up_owner(page, site, checked=False)
    create_business(page, site, checked=False)
    ask_zoho(page, site, checked=False)
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("link", name="Back to Tieout").click()
    page.get_by_label("Organization").select_option(label=f"{ORGANIZATION}, SGD")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(f"Zoho Books is connected to {ORGANIZATION}.")).to_be_visible()

    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Zoho Books is disconnected.")).to_be_visible()
    context.close()


def test_everything_but_live_progress_works_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    set_up_owner(page, site, checked=False)
    create_business(page, site, checked=False)
    page.goto(f"{site.url}/b/lumen/provider")
    page.get_by_label("Environment").select_option(label="Simulator")
    page.get_by_label("API key").fill(site.world["hitpay"]["lumen"])
    page.get_by_role("button", name="Connect").click()
    ask_zoho(page, site, checked=False)
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("link", name="Back to Tieout").click()
    page.get_by_label("Organization").select_option(label=f"{ORGANIZATION}, SGD")
    page.get_by_role("button", name="Confirm").click()

    page.goto(f"{site.url}/b/lumen/settings")
    for label, account in (("Sales", "Sales"), ("Fee", "HitPay Fees"), ("Refund", "Refunds payable"),
                           ("Bank", "HitPay Clearing")):  # fmt: skip
        page.get_by_label(f"{label} Account", exact=True).select_option(label=account)
    page.get_by_role("button", name="Make a right item in Zoho Books").click()
    page.get_by_label("Invoice Grouping").select_option("individual")
    page.get_by_label("Enable sync").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()

    site.control("charge", account="lumen", amount="45.90")
    page.get_by_role("button", name="Sync Now").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    done = page.get_by_role("heading", name="Everything HitPay told at the last sync is in Zoho Books.")
    until(lambda: bool(page.goto(f"{site.url}/b/lumen/")) and done.is_visible())
    (invoice,) = site.truth(ORGANIZATION)["documents"]["invoices"]
    assert invoice["total"] == "45.90"

    page.get_by_role("link", name="In Zoho Books").click()
    page.get_by_label("Search by").fill("45.90")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="1 record is in Zoho Books, SGD 45.90.")).to_be_visible()
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Open in Zoho Books")).to_be_visible()
    page.get_by_role("link", name="Months").click()
    expect(page.get_by_text("1 sale, SGD 45.90.")).to_be_visible()
    for noun in ("Preview", "Documents", "Runs", "Integrations"):
        page.goto(f"{site.url}/b/lumen/")
        page.get_by_role("link", name=noun, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    context.close()
