"""Requests that take effect long after their connection was lost: a write that lands late."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from app.simulator.clock import Clock
from app.simulator.state import Row, State
from app.simulator.zoho_books.answers import ZohoError
from app.simulator.zoho_books.book import Book, Call
from app.simulator.zoho_books.operations import HANDLERS

_COLLECTION = "zoho.late"


def postpone(call: Call, operation: str, seconds: float) -> None:
    """Keep a request until `seconds` of virtual time have passed."""
    state = call.book.state
    due = call.book.clock.now() + timedelta(seconds=seconds)
    with state.transaction():
        key = str(state.bump(_COLLECTION))
        row: Row = {
            "id": key,
            "organization_id": call.book.id,
            "operation": operation,
            "path": dict(call.path),
            "query": dict(call.query),
            "body": call.body,
            "due": due.isoformat(),
        }
        state.put(_COLLECTION, key, row)


def land(state: State, clock: Clock) -> None:
    """Perform every kept request that is due; one that is refused by now is simply gone."""
    for row in state.all(_COLLECTION):
        if datetime.fromisoformat(row["due"]) <= clock.now():
            state.delete(_COLLECTION, row["id"])
            call = Call(Book(state, clock, row["organization_id"]), row["path"], row["query"], row["body"])
            with contextlib.suppress(ZohoError), state.transaction():
                HANDLERS[row["operation"]](call)
