"""Scripted faults: the n-th call of an operation from now fails in a chosen way, in process and over sockets alike.

A fault is a row: `platform`, `operation` (or `*`), `nth` (1 is the next call) and `kind`:

=================== ==========================================================================================
lost_after_apply    the request takes effect, then the connection closes without a byte of answer
lost_before_apply   the connection closes and nothing happened
error_after_apply   the request takes effect, the answer is `status` (500)
error_before_apply  nothing happened, the answer is `status` (500)
truncated           the request takes effect, the answer is cut in half but says 200
not_json            the request takes effect, the answer is a 200 with a page of HTML
refused             nothing happened, the platform's own refusal with `status` and `code` (429 and 44)
unauthorized        nothing happened, the platform's own 401
slow                the answer comes after `seconds` of real time
late                the connection closes; the request takes effect `seconds` of virtual time later (Zoho Books only)
=================== ==========================================================================================
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import requests
from flask import Response, request

from app.simulator.state import Row, State

KINDS = (
    "lost_after_apply",
    "lost_before_apply",
    "error_after_apply",
    "error_before_apply",
    "truncated",
    "not_json",
    "refused",
    "unauthorized",
    "slow",
    "late",
)
_INSTEAD = ("lost_before_apply", "error_before_apply", "refused", "unauthorized", "late")
_COLLECTION = "fault"
_LOGIN_PAGE = "<!doctype html><html><title>Sign in</title><body>Please sign in again.</body></html>"


class ReplyLostError(ConnectionResetError, requests.exceptions.ConnectionError):
    """The connection went away. In process it reaches the caller as the `requests` error a socket would give."""


@dataclass(frozen=True)
class Fault:
    """One scripted fault; `status`, `code` and `seconds` matter only to the kinds that use them."""

    platform: str
    operation: str
    kind: str
    nth: int = 1
    status: int = 0
    code: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")
        if self.nth < 1:
            raise ValueError("nth counts from 1")


def script(state: State, fault: Fault) -> str:
    """Plan a fault and answer the id under which `pending` lists it."""
    with state.transaction():
        key = str(state.bump("fault"))
        state.put(_COLLECTION, key, asdict(fault) | {"id": key, "seconds": str(fault.seconds)})
    return key


def pending(state: State) -> list[dict[str, Any]]:
    """The faults that haven't struck yet, as plain rows."""
    return [dict(row) for row in state.all(_COLLECTION)]


def clear(state: State) -> None:
    """Forget every planned fault."""
    with state.transaction():
        for row in state.all(_COLLECTION):
            state.delete(_COLLECTION, row["id"])


def take(state: State, platform: str, operation: str) -> Fault | None:
    """Count one call of an operation; the fault that strikes it, or None. Of several due, the oldest strikes."""
    rows = [r for r in state.all(_COLLECTION) if r["platform"] == platform and r["operation"] in ("*", operation)]
    if not rows:
        return None
    struck: Fault | None = None
    with state.transaction():
        for row in rows:
            if row["nth"] > 1:
                state.put(_COLLECTION, row["id"], {**row, "nth": row["nth"] - 1})
            elif struck is None:
                struck = _fault(row)
                state.delete(_COLLECTION, row["id"])
    return struck


def _fault(row: Row) -> Fault:
    fields = {name: value for name, value in row.items() if name != "id"}
    return Fault(**{**fields, "seconds": float(row["seconds"])})


def serve(fault: Fault | None, answer: Callable[[], Response], refuse: Callable[[int, int], Response]) -> Response:
    """Answer a request as the fault says. `refuse(status, code)` makes the platform's own refusal.

    Raises ReplyLostError where the caller must see no answer at all.
    """
    if fault is None:
        return answer()
    if fault.kind in _INSTEAD:
        return _instead(fault, refuse)
    if fault.kind == "slow":
        time.sleep(fault.seconds)
        return answer()
    return _after(fault, answer(), refuse)


def _instead(fault: Fault, refuse: Callable[[int, int], Response]) -> Response:
    if fault.kind in ("lost_before_apply", "late"):
        drop_connection()
    defaults = {"error_before_apply": (500, 1000), "refused": (429, 44), "unauthorized": (401, 57)}
    status, code = defaults[fault.kind]
    return refuse(fault.status or status, fault.code or code)


def _after(fault: Fault, answered: Response, refuse: Callable[[int, int], Response]) -> Response:
    if fault.kind == "lost_after_apply":
        drop_connection()
    if fault.kind == "error_after_apply":
        return refuse(fault.status or 500, fault.code or 1000)
    if fault.kind == "truncated":
        whole = answered.get_data()
        return Response(whole[: len(whole) // 2], status=200, mimetype="application/json")
    return Response(_LOGIN_PAGE, status=200, mimetype="text/html")


def drop_connection() -> None:
    """Close the client's connection without an answer; always raises ReplyLostError.

    Over a socket (the development server or gunicorn) the connection is really shut. In process there is no
    connection, and the error itself reaches the caller.
    """
    connection = request.environ.get("werkzeug.socket") or request.environ.get("gunicorn.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ReplyLostError("the simulated platform closed the connection without an answer")
