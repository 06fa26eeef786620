"""What every call to the simulated HitPay passes: counting, faults, the key, the contract, the rate, one transaction.

Counters in the state, all kept even if the call fails: `calls:hitpay:<account>:<operation>`, the operations being those
of `contract/hitpay.json`, the account `-` when the key is nobody's; the strict log adds its own.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, request

from app.simulator import faults
from app.simulator.contract import Problem, contract, strict_log, validate_request
from app.simulator.hitpay.refusals import Refusal, too_many, unauthenticated
from app.simulator.world import World

Row = dict[str, Any]
View = Callable[..., Any]

PLATFORM = "hitpay"
NOBODY = "-"
LIMITS = "hitpay_limits"
KEY_HEADER = "X-BUSINESS-API-KEY"
_MINUTE = timedelta(minutes=1)


class Gate:
    """Guards the operations of one simulator. The rate window lives in memory and starts empty."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls: dict[str, deque[Any]] = {}

    def operation(self, name: str, view: View) -> Callable[..., Response]:
        """A Flask handler that answers `view(account, **path)` as JSON, for whoever sends an account's key."""

        def handler(**path: str) -> Response:
            account = self._world.account_of_key(request.headers.get(KEY_HEADER, ""))
            self._world.state.bump(f"calls:{PLATFORM}:{account['id'] if account else NOBODY}:{name}")
            fault = faults.take(self._world.state, PLATFORM, name)
            return faults.serve(fault, lambda: self._answer(name, view, account, path), _refuse)

        return handler

    def elsewhere(self, rest: str) -> Response:
        """404 for an address or a method that the contract doesn't know."""
        call = f"{request.method} {rest}"
        problem = Problem("unknown_operation", call, f"{call} isn't in the contract")
        strict_log.record(self._world.state, PLATFORM, NOBODY, NOBODY, [problem], self._world.clock.now())
        return json_answer({"message": f"The route v1/{rest} could not be found."}, 404)

    def _answer(self, name: str, view: View, account: Row | None, path: dict[str, str]) -> Response:
        try:
            if account is None:
                raise unauthenticated()
            self._check(name, account["id"])
            self._spend_call(account["id"])
            with self._world.state.transaction():
                self._world.catch_up(account["id"])
                answer = view(self._world.account(account["id"]), **path)
                return answer if isinstance(answer, Response) else json_answer(answer)
        except Refusal as refusal:
            return json_answer(refusal.body, refusal.status, refusal.headers)

    def _check(self, name: str, account: str) -> None:
        """Hold the request against the contract; HitPay itself would overlook most of what is recorded here."""
        problems = validate_request(contract(PLATFORM)[name], _given_query(), request.get_json(silent=True))
        if "application/json" not in request.headers.get("Accept", ""):
            problems.append(Problem("missing_header", "Accept", "the request doesn't accept application/json"))
        strict_log.record(self._world.state, PLATFORM, account, name, problems, self._world.clock.now())

    def _spend_call(self, account: str) -> None:
        allowed = (self._world.state.get(LIMITS, "all") or {}).get("per_minute", 0)
        now = self._world.clock.now()
        calls = self._calls.setdefault(account, deque())
        while calls and not now - _MINUTE < calls[0] <= now:  # a clock set back leaves calls in the future
            calls.popleft()
        if allowed and len(calls) >= allowed:
            raise too_many(max(1, math.ceil((calls[0] + _MINUTE - now).total_seconds())))
        calls.append(now)


def set_limit(world: World, per_minute: int) -> None:
    """Allow so many calls a minute per account; 0 (the default) means no limit."""
    with world.state.transaction():
        world.state.put(LIMITS, "all", {"per_minute": per_minute})


def _given_query() -> dict[str, Any]:
    """The query with every `name[]` as a list."""
    lists = request.args.lists()
    return {name: values if name.endswith("[]") else values[-1] for name, values in lists}


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, mimetype="application/json")


def _refuse(status: int, _code: int) -> Response:
    """A fault's own refusal; HitPay has no codes beside the HTTP status."""
    sentences = {401: "Unauthenticated.", 429: "Too Many Attempts."}
    return json_answer({"message": sentences.get(status, "Server Error")}, status)
