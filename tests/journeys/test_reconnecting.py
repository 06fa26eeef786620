"""The token is revoked: the mail comes, its button leads through sign-in to Reconnect, what waited is posted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import PASSWORD
from tests.journeys.conftest import Site
from tests.journeys.test_first_run import (
    EMAIL,
    ORGANIZATION,
    choose_settings,
    connect_hitpay,
    connect_zoho,
    create_business,
    set_up_owner,
    sync_now,
)
from tests.mailbox import Mailbox, open_mailbox


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture
def more_settings(mailbox: Mailbox) -> dict[str, str]:
    """What the install of this journey is told besides."""
    return {"SMTP_URL": mailbox.url, "MAIL_FROM": "tieout@example.com"}


def wait_for_mails(page: Page, site: Site, mailbox: Mailbox, count: int) -> None:
    """Let time pass twenty times as fast until so many mails came, for a minute of ours at most."""
    for _look in range(60):
        if len(mailbox.received) >= count:
            return
        site.forward(seconds=20)
        page.wait_for_timeout(1_000)
    raise AssertionError(f"only these mails came: {mailbox.subjects}")


def test_mail_leads_to_reconnecting_and_what_waited_arrives(
    site: Site, person: BrowserContext, mailbox: Mailbox
) -> None:
    page = person.new_page()
    set_up_owner(page, site)
    create_business(page, site)
    connect_hitpay(page, site)
    connect_zoho(page, site)
    choose_settings(page, site)
    site.control("charge", account="lumen", amount="12.34")
    sync_now(page, site)

    site.control("tokens", kill=site.world["zoho"]["user_id"])
    for amount in ("500.00", "0.99"):
        site.control("charge", account="lumen", amount=amount)
    site.forward(hours=1, minutes=5)  # the hourly run and the health check are due
    wait_for_mails(page, site, mailbox, 1)
    (mail,) = mailbox.received
    assert mail.subject == "Lumen: sign in to Zoho Books again"
    page.goto(f"{site.url}/b/lumen/")
    expect(page.get_by_text("Zoho Books asks you to sign in again, since")).to_be_visible()
    site.check(page)
    page.goto(f"{site.url}/b/lumen/alerts")
    expect(page.get_by_role("heading", name="Zoho Books asks you to sign in again.")).to_be_visible()
    site.check(page)
    page.get_by_role("button", name="Sign out").click()

    address = re.search(r"Reconnect: (\S+)", mail.text)
    assert address
    page.goto(address[1])
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Zoho Books", exact=True)).to_be_visible()
    site.check(page)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Reconnect").click()
    popup = opened.value
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("connected", exact=True).first).to_be_visible()

    wait_for_mails(page, site, mailbox, 2)
    assert mailbox.subjects[1] == "Lumen: Zoho Books works again"
    totals = sorted(row["total"] for row in site.truth(ORGANIZATION)["documents"]["invoices"])
    assert totals == ["0.99", "12.34", "500.00"]
    page.goto(f"{site.url}/b/lumen/alerts")
    expect(page.get_by_role("heading", name="Nothing is wrong.")).to_be_visible()
    site.check(page)
