"""Payouts as pages show them, and the setting that decides whether they are written."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.services.business import settings
from tests.conftest import Browser
from tests.shop import ACCOUNT, Shop

B = "/b/lumen-home-goods"


@pytest.fixture
def paid_out(traded: Shop) -> Shop:
    """The same business: one payout of its two sales went to the bank, and one of a third doesn't add up."""
    traded.clock.advance(timedelta(minutes=5))
    traded.save(payout_account=traded.truth()["accounts"]["DBS Current Account"]["account_id"])
    traded.clock.advance(timedelta(minutes=5))
    traded.world.pay_out(ACCOUNT)
    traded.world.add_charge(ACCOUNT)
    traded.clock.advance(timedelta(minutes=5))
    traded.world.change_payout(traded.world.pay_out(ACCOUNT)["id"], amount="95.50")
    traded.sync()
    traded.clock.advance(timedelta(minutes=5))
    assert traded.sync().outcome == "attention"
    return traded


def payout_page(browser: Browser, number: int) -> str:
    """The page of the payout that came in as the `number`-th."""
    links = re.findall(r'href="([^"]+)">Payout [^<]+</a>', browser.get(f"{B}/records").text)
    newest_first = sorted(links, key=lambda link: int(link.rpartition("/")[2]))
    page: str = browser.get(newest_first[number]).text
    return page


def test_payout_is_listed_as_one_with_its_fate(paid_out: Shop, owner: Browser) -> None:
    page = owner.get(f"{B}/records").text
    assert "5 records from HitPay" in page
    assert len(re.findall(r">Payout [0-9a-f-]+</a>", page)) == 2
    assert "posted 95.85, excluded 0.00, unexplained −0.35" in page


def test_payout_leads_to_its_transfer_and_its_charges(paid_out: Shop, owner: Browser) -> None:
    (posted,) = [page for page in (payout_page(owner, 0), payout_page(owner, 1)) if "In Zoho Books.</h1>" in page]
    assert "<title>Payout " in posted
    assert "<dt>Paid to your bank</dt>" in posted
    assert "<dt>Charges in it</dt><dd>2</dd>" in posted
    assert "<dt>Channel</dt>" not in posted
    assert "<dt>Fee</dt>" not in posted
    assert f'href="{B}/records/1"' in posted
    assert f'href="{B}/records/2"' in posted
    transfer = re.search(rf'href="({B}/documents/\d+)">Transfer to the bank</a>', posted)
    assert transfer
    assert re.search(r'href="[^"]*#/banking" rel="noopener', owner.get(transfer[1]).text)


def test_payout_that_is_held_says_why_and_what_to_do(paid_out: Shop, owner: Browser) -> None:
    (held,) = [page for page in (payout_page(owner, 0), payout_page(owner, 1)) if "<h1>Held:" in page]
    assert "doesn&#39;t add up to it: posted 95.85, excluded 0.00, unexplained −0.35." in held
    assert "enter the transfer by hand" in held
    assert "No document was made for it." in held


def test_status_counts_payouts_apart_from_sales(paid_out: Shop, owner: Browser) -> None:
    page = owner.get(f"{B}/").text
    assert '<h1 class="tone-warn">1 payout needs you.</h1>' in page
    assert "Payouts to your bank: 1 in Zoho Books, 1 in need of you." in " ".join(page.split())
    assert "SGD\u00a0300.00" in page
    overview = owner.get("/").text
    assert "1 business of 1 needs you." in overview
    assert re.search(r'<td class="num">1</td>\s*<td class="num wide-only">', overview)


def test_status_without_payouts_speaks_of_none(traded: Shop, owner: Browser) -> None:
    assert "Payouts to your bank" not in owner.get(f"{B}/").text


def test_payout_account_is_folded_away_until_it_is_chosen(traded: Shop, owner: Browser) -> None:
    page = owner.get(f"{B}/settings").text
    assert ">More settings</summary>" in page
    assert ">Payout Account</label>" in page
    closed = re.search(r"<details([^>]*)>\s*<summary>More settings", page)
    assert closed
    assert "open" not in closed[1]


def test_payout_account_is_saved_and_a_wrong_one_is_refused_at_its_field(traded: Shop, owner: Browser) -> None:
    current = settings.current_input(traded.business)
    given = {
        name: getattr(current, name)
        for name in ("sales_account", "fee_account", "refund_account", "bank_account", "default_item", "grouping")
    } | {"channels": ["all"], "sync_enabled": "y"}
    refused = owner.post(f"{B}/settings", given | {"payout_account": current.bank_account})
    assert refused.status_code == 422
    assert 'id="payout_account-error"' in refused.text
    assert re.search(r"<details[^>]* open>\s*<summary>More settings", refused.text)
    assert settings.current_input(traded.business) == current
    cash = traded.truth()["accounts"]["Petty Cash"]["account_id"]
    assert owner.post(f"{B}/settings", given | {"payout_account": cash}).status_code == 303
    assert settings.current_input(traded.business).payout_account == cash
