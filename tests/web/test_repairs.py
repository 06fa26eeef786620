"""Repairs as people meet them: a page that asks, an answer that is recorded, and nobody who may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.services.syncing import worker
from tests.conftest import Browser
from tests.shop import ACCOUNT, Shop

B = "/b/lumen-home-goods"


@pytest.fixture
def refused(traded: Shop) -> Shop:
    """The same, with one sale more, whose fee Zoho Books refused."""
    traded.world.add_charge(ACCOUNT)
    traded.fault("create_expense", "refused", status=400, code=5001)
    traded.clock.advance(timedelta(minutes=5))
    assert traded.sync().outcome == "attention"
    return traded


def stuck(browser: Browser) -> str:
    """The address of the document that was refused."""
    page = browser.get(f"{B}/documents").text
    row = next(one for one in page.split("<tr>") if "refused" in one)
    return str(re.findall(r'href="([^"]+/documents/\d+)"', row)[0])


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(seen|books_id|agreed)" value="([^"]*)"', page))


def test_page_of_a_stuck_document_offers_what_is_right_and_says_why_the_rest_is_not(
    refused: Shop, owner: Browser
) -> None:
    page = owner.get(stuck(owner)).text
    assert "What you can do" in page
    offered = re.findall(r"/repair/(\w+)\"", page)
    assert offered == ["send", "adopt", "by_hand"]
    assert "Not now. Zoho Books refused it, so there is nothing to look for." in page.replace("&#39;", "'")
    assert "Not now. Other documents of the same sale are in Zoho Books, or may be." in page


def test_document_that_is_done_offers_nothing(traded: Shop, owner: Browser) -> None:
    assert "What you can do" not in owner.get(f"{B}/documents/1").text


@pytest.mark.parametrize(
    ("word", "note", "said"),
    [("send", "", "It goes out again now."), ("by_hand", "typed in", "Noted as done by hand.")],
)
def test_repair_is_asked_and_done_without_javascript(
    refused: Shop, owner: Browser, word: str, note: str, said: str
) -> None:
    address = stuck(owner)
    page = owner.get(f"{address}/repair/{word}").text
    answer = owner.post(f"{address}/repair/{word}", hidden(page) | {"note": note, "on_clearing": "y"})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    after = owner.get(address).text
    assert said in after
    worker.run_due(refused.outside)
    assert "What you can do" not in owner.get(address).text
    assert "owner@example.com" in owner.get(address).text


def test_record_is_compared_before_it_is_taken(refused: Shop, owner: Browser) -> None:
    address = stuck(owner)
    assert "Zoho Books holds nothing under the reference" in owner.get(f"{address}/repair/adopt").text
    unknown = owner.get(f"{address}/repair/adopt?books_id=999999999").text
    assert "Zoho Books has no such record of this kind: 999999999." in unknown
    taken = refused.documents("expenses")[0]["id"]
    assert "stands for HP-" in owner.get(f"{address}/repair/adopt?books_id={taken}").text


def test_repair_without_a_note_is_asked_again_and_nothing_changes(refused: Shop, owner: Browser) -> None:
    address = stuck(owner)
    drawn = hidden(owner.get(f"{address}/repair/by_hand").text)
    before = refused.hashes()
    answer = owner.post(f"{address}/repair/by_hand", drawn | {"on_clearing": "y"})
    assert answer.status_code == 422
    assert "Write a few words on why" in answer.text
    assert refused.hashes() == before


def test_page_drawn_before_it_changed_is_refused_in_words(refused: Shop, owner: Browser) -> None:
    address = stuck(owner)
    drawn = hidden(owner.get(f"{address}/repair/send").text)
    assert refused.sync("command").outcome == "fine"
    before = refused.hashes()
    answer = owner.post(f"{address}/repair/send", drawn)
    assert answer.status_code == 422
    assert "This has changed since the page was drawn, so nothing was done." in answer.text
    assert refused.hashes() == before


def test_accountant_sees_what_can_be_done_and_can_do_nothing(
    refused: Shop, owner: Browser, enter: Callable[..., Browser]
) -> None:
    address = stuck(owner)
    reader = enter("reader@example.com", "accountant")
    page = reader.get(address).text
    assert "A bookkeeper or an owner of this business can do this." in page
    assert "/repair/" not in page
    before = refused.hashes()
    for word in ("check", "send", "adopt", "by_hand", "leave_out"):
        assert reader.get(f"{address}/repair/{word}").status_code == 403
        assert reader.post(f"{address}/repair/{word}", {"note": "x"}).status_code == 403
    assert refused.hashes() == before


def test_unknown_repair_and_another_businesss_document_are_no_pages(refused: Shop, owner: Browser) -> None:
    address = stuck(owner)
    assert owner.get(f"{address}/repair/nonsense").status_code == 404
    refused.open_business("Harbour Books and Coffee")
    assert owner.get("/b/harbour-books-and-coffee/documents/1/repair/send").status_code == 404
    assert owner.post("/b/harbour-books-and-coffee/documents/1/repair/send", {"note": "x"}).status_code in (404, 422)
