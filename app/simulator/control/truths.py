"""The ground truth as JSON below `/__truth`: what really happened, for tests and measurements.

Amounts are text, exactly as the simulator counts them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from app.simulator import faults
from app.simulator.contract import strict_log
from app.simulator.settlement import owed
from app.simulator.state import Row, State
from app.simulator.webhooks import WEBHOOKS
from app.simulator.world import PAYOUTS, REFUNDS, World
from app.simulator.zoho_books.book import ORGANIZATIONS
from app.simulator.zoho_books.truth import truth

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

PLATFORMS = ("hitpay", "zoho_accounts", "zoho_books")


def register(blueprint: Blueprint, simulator: Simulator) -> None:
    state = simulator.state
    _add(blueprint, "hitpay/<account>", lambda account: hitpay_truth(simulator, account))
    _add(blueprint, "zoho/<organization_id>", lambda organization_id: zoho_truth(simulator, organization_id))
    _add(blueprint, "counters", state.counters)
    _add(blueprint, "violations", lambda: violations(state))
    _add(blueprint, "faults", lambda: {"pending": faults.pending(state)})


def hitpay_truth(simulator: Simulator, account: str) -> Row:
    """One account's charges, refunds, payouts and what HitPay owes it. KeyError if there is none."""
    world = World(simulator.state, simulator.clock)
    row = world.account(account)
    world.catch_up(account)
    charges = world.charges(account)
    payouts = simulator.state.find(PAYOUTS, "account", account)
    refunds = [simulator.state.get(REFUNDS, key) for charge in charges for key in charge["refunds"]]
    return {
        "account": row,
        "charges": charges,
        "refunds": refunds,
        "payouts": payouts,
        "owed": owed(charges, payouts),
        "webhooks": simulator.state.find(WEBHOOKS, "account", account),
    }


def zoho_truth(simulator: Simulator, organization_id: str) -> Row:
    """One organization's documents, balances and calls, as `zoho_books.truth` tells them. KeyError if there is none."""
    if simulator.state.get(ORGANIZATIONS, organization_id) is None:
        raise KeyError(f"no organization {organization_id}")
    return truth(simulator, organization_id)


def violations(state: State) -> Row:
    """How many requests were held against the contracts, and every one that differed."""
    return {
        "validated": {platform: strict_log.validated(state, platform) for platform in PLATFORMS},
        "violations": [row for platform in PLATFORMS for row in strict_log.violations(state, platform)],
    }


def as_json(content: Any, status: int = 200) -> Response:
    """JSON with amounts as text."""
    return Response(json.dumps(content, default=_text), status, mimetype="application/json")


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} isn't JSON")


def _add(blueprint: Blueprint, path: str, tell: Callable[..., Any]) -> None:
    def handler(**parts: str) -> Response:
        try:
            return as_json(tell(**parts))
        except KeyError as problem:
            return as_json({"message": str(problem.args[0])}, 404)

    blueprint.add_url_rule(f"/__truth/{path}", endpoint=f"truth-{path}", view_func=handler)
