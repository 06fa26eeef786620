"""Rules of a business's pages: who sees them, as what, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa

from app.services.business import businesses
from app.services.people import people
from app.simulator.zoho_books import people as bookkeeper
from app.store.businesses import Business, Membership
from app.store.db import write
from app.store.movements import Movement
from app.store.outbox import Effect
from app.store.runs import Run
from tests.conftest import PASSWORD, Browser
from tests.shop import ACCOUNT, Shop

B = "/b/lumen-home-goods"

READABLE = ("/", "/preview", "/months", "/months/2026-11", "/records", "/records/1", "/documents", "/documents/1",
            "/runs", "/runs/1", "/integrations", "/integrations?tab=available", "/integrations?tab=connected", "/zoho",
            "/provider")  # fmt: skip
DECIDING = ("/settings",)
OWNING = ("/zoho/disconnect", "/provider/disconnect")
WRITES = {"/sync": "bookkeeper", "/settings": "bookkeeper", "/settings/item": "bookkeeper",
          "/settings/make/missing": "bookkeeper", "/test": "bookkeeper", "/zoho/connect": "owner",
          "/zoho/organization": "owner", "/zoho/disconnect": "owner", "/provider/connect": "owner",
          "/provider/disconnect": "owner", "/provider/webhook/salt": "owner", "/provider/webhook/forget": "owner",
          "/provider/webhook/register": "owner"}  # fmt: skip


def test_accountant_reads_everything_and_changes_nothing(traded: Shop, enter: Callable[..., Browser]) -> None:
    reader = enter("reader@example.com", "accountant")
    for path in READABLE:
        answer = reader.get(B + path)
        assert answer.status_code == 200, path
        assert len(re.findall(r"<h1", answer.text)) == 1, path
        assert "Lumen Home Goods" in answer.text, path
    for path in DECIDING + OWNING:
        assert reader.get(B + path).status_code == 403, path


@pytest.mark.parametrize("role", ["accountant", "bookkeeper"])
def test_writing_needs_its_role(
    traded: Shop, enter: Callable[..., Browser], everything: Callable[[], object], role: str
) -> None:
    browser = enter(f"{role}@example.com", role)
    before = everything()
    for path, needed in WRITES.items():
        if needed != role:
            assert browser.post(B + path).status_code == 403, path
    assert everything() == before


def test_reader_sees_no_button_that_would_be_refused(traded: Shop, enter: Callable[..., Browser]) -> None:
    browser = enter("reader@example.com", "accountant")
    pages = [browser.get(B + path).text for path in ("/", "/zoho", "/provider")]
    for word in ("Sync Now</button>", "Disconnect</a>", "Reconnect</button>", ">Settings</a>"):
        assert not any(word in page for page in pages)


def test_another_business_does_not_exist_for_strangers(traded: Shop, everything: Callable[[], object]) -> None:
    stranger = people.create_user(traded.clock, "stranger@example.com", PASSWORD, "owner", "").id
    with write() as session:
        session.execute(sa.delete(Membership).where(Membership.user_id == stranger))
    theirs = businesses.create(traded.outside, "Elsewhere", "Asia/Singapore", stranger)
    browser = Browser(traded.app.test_client())
    browser.post(people.create_sign_in_link(traded.clock, stranger))
    before = everything()
    for path in READABLE + DECIDING + OWNING:
        assert browser.get(B + path).status_code == 404, path
    for path in WRITES:
        assert browser.post(B + path).status_code == 404, path
    for path in ("/records/1", "/documents/1", "/runs/1", "/runs/1/progress"):
        assert browser.get(f"/b/{theirs.slug}{path}").status_code == 404, path
    assert "Lumen" not in browser.get("/").text
    assert everything() == before


def test_what_is_not_there_is_not_found(traded: Shop, owner: Browser) -> None:
    for path in ("/records/99999999999999999999", "/records/0", "/documents/-1", "/runs/abc",
                 "/runs/9223372036854775807", "/nothing"):  # fmt: skip
        assert owner.get(B + path).status_code == 404, path
    assert owner.get("/b/%00/").status_code == 404
    assert owner.get(f"/b/{'x' * 5000}/").status_code == 404


def test_spoilt_query_shows_a_page_all_the_same(traded: Shop, owner: Browser) -> None:
    spoilt = ("before=x", "before=99999999999999999999999999", "before=2026-13-99.1", "before=2026-11-22.1",
              "after=2026-11-22.99999999999999999999", "before=%00", "q=%00", "q=" + "x" * 5000, "q='%20OR%201=1",
              "before=1&before=2", "after=..%2F..%2F", "before=%D9%A1", "q=%25")  # fmt: skip
    for noun in ("records", "documents", "runs"):
        for query in spoilt:
            assert owner.get(f"{B}/{noun}?{query}").status_code == 200, (noun, query)


def test_fresh_business_is_led_through_its_three_steps(shop: Shop, owner: Browser) -> None:
    page = owner.get(B + "/").text
    assert "Not set up yet. Connect HitPay first." in page
    for address in ("/provider", "/zoho", "/settings"):
        assert f'href="{B}{address}"' in page
    assert re.search(r'<button id="sync-now"[^>]* disabled', page)


def test_status_says_first_whether_everything_is_in(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/").text
    assert '<h1 class="tone-good">Everything HitPay told at the last sync is in Zoho Books.</h1>' in page
    assert "SGD\u00a0200.00" in page
    assert "Lumen Home Goods" in page
    assert "Singapore time" in page


def test_status_shows_how_the_clearing_account_came_to_its_balance(traded: Shop, owner: Browser) -> None:
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", owner.get(B + "/").text))
    told = page[page.index("Do the figures agree?") : page.index("Last runs")]
    assert "Yes, to the cent" in told
    in_order = (
        "Before Tieout wrote anything 0.00", "+ Sales 200.00", "− Fees 8.30", "− Refunds 0.00", "− Payouts 0.00",
        "Should be, in SGD 191.70", "HitPay Clearing in Zoho Books 191.70", "HitPay holds for you 191.70",
    )  # fmt: skip
    assert [told.index(words) for words in in_order] == sorted(told.index(words) for words in in_order)


def test_status_says_who_made_a_difference_and_what_to_do(traded: Shop, enter: Callable[..., Browser]) -> None:
    (fee, _other) = traded.documents("expenses")
    bookkeeper.delete(traded.simulator, traded.organization, "expenses", fee["id"])
    traded.next_day()
    traded.sync("daily")
    page = enter().get(B + "/").text
    assert "No: SGD\u00a04.15 apart" in page
    assert "Something that Tieout didn't write moved HitPay Clearing" in page


def test_preview_lists_each_document_with_its_fields_and_writes_nothing(traded: Shop, owner: Browser) -> None:
    assert "<h1>Sync Now would write nothing</h1>" in owner.get(B + "/preview").text
    traded.clock.advance(timedelta(minutes=5))
    traded.world.add_charge(ACCOUNT, amount="12.50")
    before = traded.hashes()
    page = owner.get(B + "/preview").text
    assert "<h1>Sync Now would write 3 documents</h1>" in page
    assert "Calls to Zoho Books: 4 calls" in page
    for words in ("POST /invoices", "POST /customerpayments", "POST /expenses", "line_items[1].rate", "SGD\u00a012.50"):
        assert words in page
    assert traded.hashes() == before


def test_preview_that_cannot_be_made_says_why_and_what_to_do(traded: Shop, owner: Browser) -> None:
    traded.line.spoil("GET", "/hitpay/v1/charges", b"", status=503)
    page = owner.get(B + "/preview").text
    assert "<h1>No preview now</h1>" in page
    assert "HitPay has an error of its own (HTTP 503)." in page
    assert "Try again" in page


def test_preview_before_the_set_up_says_what_comes_first(shop: Shop, owner: Browser) -> None:
    assert "Connect HitPay first." in owner.get(B + "/preview").text


def test_overview_has_a_row_for_each_business(traded: Shop, owner: Browser) -> None:
    page = owner.get("/").text
    assert "<h1>Everything is in order.</h1>" in page
    assert f'href="{B}/">Lumen Home Goods</a>' in page


def test_record_tells_its_fate_and_leads_to_its_documents(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/records/1").text
    assert "<h1>In Zoho Books.</h1>" in page
    for kind in ("Invoice", "Customer payment", "Expense"):
        assert kind in page
    assert f'href="{B}/documents/1"' in page


def test_document_links_into_zoho_books(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/documents/1").text
    assert re.search(r'href="http://127\.0\.0\.1:9/books[^"]*" rel="noopener noreferrer" target="_blank"', page)


def test_records_are_found_by_the_beginning_of_their_reference(traded: Shop, owner: Browser) -> None:
    traded_id = re.search(r"HitPay&#39;s id</dt><dd class=\"code\">([^<]+)|HitPay's id</dt><dd class=\"code\">([^<]+)",
                          owner.get(B + "/records/1").text)  # fmt: skip
    assert traded_id
    found = owner.get(f"{B}/records?q={(traded_id[1] or traded_id[2])[:8]}").text
    assert found.count('<tr id="row-') == 1
    assert "No charge, refund or payout is like that." in owner.get(f"{B}/records?q=zzz").text


def test_dialog_comes_as_a_fragment_or_as_a_page(traded: Shop, owner: Browser) -> None:
    for path in DECIDING + OWNING:
        fragment, page = owner.htmx(B + path).text, owner.get(B + path).text
        assert fragment.lstrip().startswith("<dialog"), path
        assert "<html" not in fragment, path
        assert "<html" in page, path
        assert "<dialog" not in page, path


def test_settings_hold_their_labels_and_only_accounts_of_the_right_type(traded: Shop, owner: Browser) -> None:
    page = owner.get(B + "/settings").text
    for label in ("Sales Account", "Fee Account", "Refund Account", "Bank Account", "Default Item", "Invoice Grouping",
                  "Enable sync", "All Sales Channels", "Shopify", "Point of Sale"):  # fmt: skip
        assert f">{label}</label>" in page
    assert "<legend>Sales Channels</legend>" in page
    assert ">Save</button>" in page
    fees = re.search(r'<select[^>]*id="fee_account".*?</select>', page, re.S)
    assert fees
    assert "HitPay Fees" in fees[0]
    assert "HitPay Clearing" not in fees[0]


def test_settings_before_zoho_books_say_what_is_missing(shop: Shop, owner: Browser) -> None:
    answer = owner.htmx(B + "/settings")
    assert answer.status_code == 200
    assert "The settings need Zoho Books." in answer.text
    assert f'href="{B}/zoho"' in answer.text


def test_integration_cards_move_between_their_tabs(shop: Shop, owner: Browser) -> None:
    assert "Connect HitPay" in owner.get(B + "/integrations").text
    shop.connect_provider()
    assert "Connect HitPay" not in owner.get(B + "/integrations?tab=available").text
    connected = owner.get(B + "/integrations?tab=connected").text
    assert "Manage HitPay" in connected
    assert "Zoho Books" not in connected


def test_progress_is_a_fragment_while_a_run_goes_on_and_the_whole_status_after_it(traded: Shop, owner: Browser) -> None:
    owner.post(B + "/sync")
    page = owner.get(B + "/").text
    assert "A sync is at work." in page
    assert f'hx-get="{B}/progress?seen=2&amp;live=1"' in page
    going = owner.htmx(B + "/progress?seen=2&live=1")
    assert going.text.startswith('<div id="progress"')
    assert "HX-Retarget" not in going.headers
    traded.sync()
    ended = owner.htmx(B + "/progress?seen=2&live=1")
    assert ended.headers["HX-Retarget"] == "#status"
    assert ended.text.lstrip().startswith('<div id="status"')
    assert owner.htmx(B + "/progress?seen=2&live=0").status_code == 204
    assert owner.htmx(B + "/progress?seen=1&live=0").headers["HX-Retarget"] == "#status"


def test_run_page_shows_progress_and_then_the_result(traded: Shop, owner: Browser) -> None:
    owner.post(B + "/sync")
    assert 'id="progress"' in owner.htmx(B + "/runs/2/progress").text
    traded.sync()
    ended = owner.htmx(B + "/runs/2/progress")
    assert ended.headers["HX-Retarget"] == "#run"
    assert "Nothing new to post." in ended.text


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(sorted(name for name, _value in attrs))))


def _tags(page: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = _Tags()
    parser.feed(page)
    return parser.seen


PAYLOADS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "{{ 7*7 }}",
            "<svg/onload=alert(1)>", "javascript:alert(1)", "</title><script>alert(1)</script>", "<!--", "&lt;b&gt;",
            "</select><b>", "]]>", "<math><mtext></form>")  # fmt: skip


def _call_everything(traded: Shop, words: str) -> None:
    with write() as session:
        record = session.get_one(Movement, 1)
        record.order_reference = record.method = record.channel = words
        session.get_one(Business, traded.business).name = words
        session.get_one(Effect, 1).trouble = session.get_one(Effect, 1).trouble_detail = words
        session.get_one(Run, 1).sentence = session.get_one(Run, 1).detail = words


def test_what_others_wrote_stays_text(traded: Shop, owner: Browser) -> None:
    paths = ("/", "/records", "/records/1", "/documents/1", "/runs", "/runs/1", "/settings", "/integrations")
    _call_everything(traded, "harmless")
    before = {path: _tags(owner.get(B + path).text) for path in paths}
    for payload in PAYLOADS:
        _call_everything(traded, payload)
        for path in paths:
            page = owner.get(B + path).text
            assert _tags(page) == before[path], (payload, path)
            assert not re.search(r"<title>[^<]*49", page)
