"""The door for deliveries: nothing but a status comes out of it."""

from __future__ import annotations

import pytest
from flask import Flask

ADDRESS = "/webhooks/hitpay/some-token"


@pytest.mark.parametrize("headers", [{}, {"Hitpay-Signature": "0" * 64}])
def test_stranger_is_refused_without_a_word(app: Flask, headers: dict[str, str]) -> None:
    answer = app.test_client().post(ADDRESS, data=b"{}", headers=headers)
    assert (answer.status_code, answer.data) == (401, b"")
    assert "Set-Cookie" not in answer.headers


def test_giant_body_is_turned_away_before_it_is_read(app: Flask) -> None:
    answer = app.test_client().post(ADDRESS, data=b"x" * (256 * 1024 + 1))
    assert answer.status_code == 413


def test_looking_at_the_address_is_not_possible(app: Flask) -> None:
    assert app.test_client().get(ADDRESS).status_code == 405
