"""Cursor paging over an account's charges in the order of their ids, without reading the pages before.

The cursor's content, and that ids ascend, follow the published sample of `GET /v1/charges`, whose next cursor lies
after the row shown; `newest_first` on an account turns the order round, since nothing is promised.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.simulator.hitpay.refusals import invalid
from app.simulator.state import State

Row = dict[str, Any]
_KEY = "business_charges.id"
_FORWARD = "_pointsToNextItems"


@dataclass(frozen=True)
class Page:
    """One page of rows with the cursors to its neighbours, None where there is none."""

    rows: list[Row]
    next_cursor: str | None
    prev_cursor: str | None


class SortedKeys:
    """The keys of a collection in order: a view that the state keeps true."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def add(self, key: str, row: Row) -> None:
        insort(self.keys, key)

    def remove(self, key: str, row: Row) -> None:
        del self.keys[bisect_left(self.keys, key)]


def page_of(
    state: State, collection: str, matches: Callable[[Row], bool], size: int, cursor: str | None, newest_first: bool
) -> Page:
    """At most `size` matching rows from `cursor` (None: the beginning) on; refuses a cursor that isn't one of ours."""
    key, forward = decode_cursor(cursor) if cursor else (None, True)
    keys = state.view(collection, "sorted", SortedKeys).keys
    found = _matching(state, collection, _beyond(keys, key, upward=forward != newest_first), matches)
    rows = list(islice(found, size + 1))
    more = len(rows) > size
    rows = rows[:size] if forward else rows[:size][::-1]
    before, after = (key is not None, more) if forward else (more, True)
    return Page(
        rows,
        encode_cursor(rows[-1]["id"], True) if rows and after else None,
        encode_cursor(rows[0]["id"], False) if rows and before else None,
    )


def encode_cursor(key: str, forward: bool) -> str:
    """URL-safe base64 without padding."""
    text = json.dumps({_KEY: key, _FORWARD: forward}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[str, bool]:
    """The id a cursor stands at and whether it points forward. That a bad one is refused with 422 is a guess."""
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return str(content[_KEY]), bool(content[_FORWARD])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid({"cursor": ["The selected cursor is invalid."]}) from None


def _beyond(keys: Sequence[str], key: str | None, upward: bool) -> Iterator[str]:
    """The keys beyond `key`, lazily, going up or down."""
    if upward:
        start = 0 if key is None else bisect_right(keys, key)
        return (keys[number] for number in range(start, len(keys)))
    end = len(keys) if key is None else bisect_left(keys, key)
    return (keys[number] for number in range(end - 1, -1, -1))


def _matching(state: State, collection: str, keys: Iterator[str], matches: Callable[[Row], bool]) -> Iterator[Row]:
    for key in keys:
        row = state.get(collection, key)
        if row is not None and matches(row):
            yield row
