"""Pages against the simulated world: people of every role in a business that has traded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.clock import ManualClock
from app.services.people import people
from tests.conftest import PASSWORD, Browser
from tests.shop import ACCOUNT, Shop, open_shop

SLUG = "lumen-home-goods"


@pytest.fixture
def shop(database: Path, clock: ManualClock) -> Iterator[Shop]:
    """A business without connections."""
    with open_shop(database, clock) as opened:
        opened.open_business()
        yield opened


@pytest.fixture
def traded(shop: Shop) -> Shop:
    """A connected business in which two sales were synced and one came in since."""
    shop.connect_provider()
    shop.connect_books()
    shop.save()
    for _sale in range(2):
        shop.clock.advance(timedelta(minutes=5))
        shop.world.add_charge(ACCOUNT)
    shop.clock.advance(timedelta(minutes=5))
    assert shop.sync().outcome == "fine"
    return shop


@pytest.fixture
def enter(shop: Shop) -> Callable[..., Browser]:
    """Signs a person in; one who is new gets a role in the shop's business, "" for none."""
    known = {"owner@example.com": shop.user}

    def sign_in(email: str = "owner@example.com", role: str = "owner") -> Browser:
        if email not in known:
            known[email] = people.create_user(shop.clock, email, PASSWORD, role or "owner", SLUG).id
        browser = Browser(shop.app.test_client())
        assert browser.post(people.create_sign_in_link(shop.clock, known[email])).status_code == 303
        return browser

    return sign_in


@pytest.fixture
def owner(enter: Callable[..., Browser]) -> Browser:
    """The owner's browser."""
    return enter()
