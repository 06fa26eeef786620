"""What the HitPay page says and takes of webhooks, and that a run of the clock is shown like any other."""

from __future__ import annotations

from collections.abc import Callable

from app.services.syncing import clockwork
from app.services.syncing.turns import Silence
from tests.conftest import Browser
from tests.shop import Shop

B = "/b/lumen-home-goods"
SALT = "a-salt-that-nobody-may-read-1a2b"


def test_page_shows_the_address_and_of_a_salt_only_its_end(traded: Shop, owner: Browser) -> None:
    assert "/webhooks/hitpay/" in owner.get(f"{B}/provider").text
    assert "none, so deliveries are refused" in owner.get(f"{B}/provider").text
    owner.post(f"{B}/provider/webhook/salt", {"salt": SALT})
    page = owner.get(f"{B}/provider").text
    assert 'set, ends in <span class="code">1a2b</span>' in page
    assert SALT not in page
    owner.post(f"{B}/provider/webhook/forget")
    assert "none, so deliveries are refused" in owner.get(f"{B}/provider").text


def test_salt_that_can_be_none_is_refused_with_a_sentence(traded: Shop, owner: Browser) -> None:
    owner.post(f"{B}/provider/webhook/salt", {"salt": "two words"})
    page = owner.get(f"{B}/provider").text
    assert "Paste the salt as HitPay shows it, without spaces." in page
    assert "none, so deliveries are refused" in page


def test_registering_tells_hitpay_the_address_once(traded: Shop, owner: Browser) -> None:
    owner.post(f"{B}/provider/webhook/register")
    assert "HitPay was told this address." in owner.get(f"{B}/provider").text
    owner.post(f"{B}/provider/webhook/register")
    assert traded.simulator.state.counters()["calls:hitpay:lumen:create_webhook_event"] == 1


def test_run_of_the_clock_shows_the_same_progress_as_one_by_hand(traded: Shop, enter: Callable[..., Browser]) -> None:
    traded.next_day()
    owner = enter()
    assert clockwork.run_due(traded.outside, Silence())
    assert owner.htmx(f"{B}/progress?seen=1&live=0").headers["HX-Retarget"] == "#status"
    page = owner.get(f"{B}/").text
    assert 'id="progress"' in page
    assert "A sync is at work." in page
