"""The strict log: how many requests were checked against a contract, and every one that differed from it.

Written outside of the request's own transaction, so that a refused request still counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.simulator.contract import Problem
from app.simulator.state import Row, State

_COLLECTION = "contract.violation"


def record(
    state: State, platform: str, account: str, operation: str, problems: Sequence[Problem], at: datetime
) -> None:
    """Count one checked request of `account` (an organization, a merchant) and keep what was wrong with it."""
    state.bump(f"validated:{platform}:{account}")
    if not problems:
        return
    state.bump(f"violations:{platform}:{account}", len(problems))
    for problem in problems:
        key = str(state.bump("violation"))
        row: Row = {
            "id": key,
            "platform": platform,
            "account": account,
            "operation": operation,
            "kind": problem.kind,
            "field": problem.field,
            "detail": problem.detail,
            "at": at.isoformat(),
        }
        state.put(_COLLECTION, key, row)


def validated(state: State, platform: str, account: str | None = None) -> int:
    """How many requests were checked, of one account or of all."""
    return _sum(state, "validated", platform, account)


def violations(state: State, platform: str, account: str | None = None) -> list[Row]:
    """Every difference from the contract, oldest first, as plain rows."""
    rows = [row for row in state.all(_COLLECTION) if row["platform"] == platform]
    return [dict(row) for row in rows if account in (None, row["account"])]


def _sum(state: State, counter: str, platform: str, account: str | None) -> int:
    prefix = f"{counter}:{platform}:" + (account or "")
    found = state.counters(prefix)
    return sum(value for name, value in found.items() if account is None or name == prefix)
