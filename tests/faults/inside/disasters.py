"""Disasters: what may happen to a run at a place, or to a call on its way. Named by the rows of the fault matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import requests

from app.simulator.faults import Fault, script
from app.simulator.zoho_accounts import expire_access_tokens
from tests.faults.inside.stage import Stage, Told

Job = Callable[[Stage], None]

READS = (
    "list_charges", "get_charge", "list_payouts", "get_payout", "list_payout_charges", "get_balances",
)  # fmt: skip
WRITES = (
    "create_contact", "create_invoice", "create_customer_payment", "create_expense", "create_credit_note",
    "create_credit_note_refund", "create_bank_transaction",
)  # fmt: skip
LOOK_UPS = (
    "list_contacts", "list_invoices", "list_customer_payments", "list_expenses", "list_credit_notes",
    "list_all_credit_note_refunds", "list_bank_transactions",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """How the simulator spoils a call; `seconds` of virtual time for what is late."""

    row: str
    kind: str
    status: int = 0
    code: int = 0
    seconds: float = 0


SPOILED: dict[str, Kind] = {
    "reply lost, applied": Kind("F08", "lost_after_apply"),
    "reply lost, not applied": Kind("F09", "lost_before_apply"),
    "lands 1 s later": Kind("F10", "late", seconds=1),
    "lands 60 s later": Kind("F10", "late", seconds=60),
    "lands 299 s later": Kind("F10", "late", seconds=299),
    "500, applied": Kind("F11", "error_after_apply", 500),
    "502, applied": Kind("F11", "error_after_apply", 502),
    "503, applied": Kind("F11", "error_after_apply", 503),
    "504, applied": Kind("F11", "error_after_apply", 504),
    "500, not applied": Kind("F12", "error_before_apply", 500),
    "503, not applied": Kind("F12", "error_before_apply", 503),
    "cut in half": Kind("F13", "truncated"),
    "a page of HTML": Kind("F13", "not_json"),
    "200 with a code": Kind("F14", "refused", 200, 1000),
    "too many a minute": Kind("F16", "refused", 429, 44),
    "too many a day": Kind("F17", "refused", 429, 45),
    "too many at once": Kind("F18", "refused", 429, 1070),
    "token turned down": Kind("F19", "unauthorized"),
}
"""What the simulator can do to a call, by the words of a story."""


BEYOND = {seconds: f"lands {seconds} s later" for seconds in (330, 600, 900, 960, 1200)}
"""Later than the quarantine lasts: measured by guard level, as nothing but the books themselves can help."""


def spoil(stage: Stage, name: str, operation: str, nth: int = 1) -> str:
    """Script one fault for the nth call of an operation; the id by which it is pending."""
    how = SPOILED.get(name) or Kind("F10", "late", seconds=next(key for key in BEYOND if BEYOND[key] == name))
    return script(
        stage.state, Fault(platform_of(operation), operation, how.kind, nth, how.status, how.code, how.seconds)
    )


def platform_of(operation: str) -> str:
    """Whose operation it is."""
    return "hitpay" if operation in READS else "zoho_accounts" if operation == "refresh" else "zoho_books"


def die(stage: Stage, _job: Job) -> None:
    """kill -9."""
    stage.die()


def lose_power(stage: Stage, _job: Job) -> None:
    """The machine stops; what wasn't synced is gone."""
    stage.lose_power()


def paused(stage: Stage, job: Job) -> None:
    """Five minutes of nothing, in which another worker takes over and ends its work."""
    stage.advance(minutes=5)
    stage.meanwhile(job)


def second_worker(stage: Stage, job: Job) -> None:
    """Another worker of the same install comes at this very moment."""
    stage.meanwhile(job)


def locked(stage: Stage, _job: Job) -> None:
    """Somebody else holds the database for as long as four transactions would wait."""
    stage.disk.locked = 4


def full(stage: Stage, _job: Job) -> None:
    """No space for the next two transactions."""
    stage.disk.full = 2


def clock_back(stage: Stage, _job: Job) -> None:
    """The wall clock steps back by an hour, or forth; spans within the process go on."""
    stage.shop.clock._now -= timedelta(hours=1)


def clock_forth(stage: Stage, _job: Job) -> None:
    """The wall clock steps forward by an hour."""
    stage.shop.clock._now += timedelta(hours=1)


def token_ends(stage: Stage, _job: Job) -> None:
    """Every access token ends now."""
    expire_access_tokens(stage.shop.simulator)


def unreachable(_stage: Stage, _job: Job) -> None:
    """No connection: refused, no such name, or a certificate that isn't theirs."""
    raise requests.exceptions.ConnectTimeout


def slow_drip(stage: Stage, _job: Job) -> None:
    """The answer comes a byte a second until the time for all of it is over."""
    stage.advance(seconds=120)
    raise requests.exceptions.ReadTimeout


AT_POINTS: dict[str, tuple[str, Callable[[Stage, Job], None]]] = {
    "killed": ("F06", die),
    "power lost": ("F29", lose_power),
    "paused": ("F24", paused),
    "second worker": ("F23", second_worker),
    "database locked": ("F27", locked),
    "disk full": ("F28", full),
    "clock back": ("F25", clock_back),
    "clock forth": ("F25", clock_forth),
    "token ends": ("F19", token_ends),
}
AT_CALLS = {"unreachable": ("F07", unreachable)}
AT_REPLIES = {"slow drip": ("F15", slow_drip)}


def arm(stage: Stage, name: str, place: str, detail: str, nth: int, job: Job) -> tuple[Told, list[bool]]:
    """Let `name` happen once, when the work comes to `place` with `detail` ("" for any) for the nth time.

    The second answer is empty until it has happened.
    """
    _row, act = (AT_POINTS | AT_CALLS | AT_REPLIES)[name]
    seen, struck = [0], list[bool]()

    def told(here: str, busy_with: str) -> None:
        if here != place or detail not in ("", busy_with):
            return
        seen[0] += 1
        if seen[0] == nth:
            struck.append(True)
            act(stage, job)

    return told, struck
