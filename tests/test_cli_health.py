"""`flask health check`: what it asks, what it answers and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clock import ManualClock
from app.simulator.zoho_accounts import kill_all
from tests.shop import Shop, open_shop


@pytest.fixture
def shop(database: Path, clock: ManualClock) -> Iterator[Shop]:
    with open_shop(database, clock) as opened:
        yield opened


def test_nothing_connected_is_fine(shop: Shop) -> None:
    answer = shop.app.test_cli_runner().invoke(args=["health", "check"])
    assert (answer.exit_code, answer.output) == (0, "No business is connected yet.\n")


def test_both_sides_are_asked_and_a_dead_login_ends_with_1(shop: Shop) -> None:
    shop.set_up()
    runner = shop.app.test_cli_runner()
    answer = runner.invoke(args=["health", "check", "--json"])
    assert answer.exit_code == 0
    assert [(row["business"], row["side"], row["state"]) for row in json.loads(answer.stdout)] == [
        ("lumen-home-goods", "provider", "ok"),
        ("lumen-home-goods", "books", "ok"),
    ]
    kill_all(shop.simulator, shop.keys["zoho"]["user_id"])
    answer = runner.invoke(args=["health", "check"])
    assert answer.exit_code == 1
    assert "lumen-home-goods books: checking. Zoho doesn't accept the stored login any more." in answer.output
