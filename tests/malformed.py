"""Answers no platform should give, and what must hold after each of them."""

from __future__ import annotations

from tests.shop import Shop

NOTED = ("connections.last_success_at",)
STATE = ("settings_versions", "sync_windows", "connections", "movements", "movement_versions", "effects", "attempts")

NOT_JSON: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("blanks", b"  \n"),
    ("html", b"<!doctype html><title>Sign in</title>"),
    ("half", b'{"code": 0, "message": "suc'),
    ("text", b"OK"),
    ("number", b"0"),
    ("null", b"null"),
    ("not-utf8", b'{"code": 0, "message": "\xff\xfe"}'),
    ("nan", b'{"code": 0, "amount": NaN}'),
    ("deep", b"[" * 100_000),
]
NAMES = [name for name, _body in NOT_JSON]
BODIES = [body for _name, body in NOT_JSON]


def assert_sentence(text: str) -> None:
    """Words for a shop owner: no trace of the program, no markup, and an end."""
    assert 20 < len(text) < 400
    assert text.endswith((".", "?"))
    assert not any(mark in text for mark in ("Traceback", "Error(", "<", "Exception", "object at", "KeyError", "None"))


def assert_posted_once_mended(shop: Shop) -> None:
    shop.line.mend()
    assert shop.sync().outcome == "fine"
    assert shop.counts() == (1, 1, 1)
