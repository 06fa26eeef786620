"""Zoho's accounts host, simulated at `/accounts`: consent, codes, tokens, and what ends them.

For whoever builds the world: `register_client`, `kill`, `kill_all`, `expire_access_tokens`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec
from flask import Blueprint, Response, request

from app.simulator import faults
from app.simulator.contract import Operation, contract, strict_log, validate_request
from app.simulator.zoho_accounts import consent, tokens
from app.simulator.zoho_accounts.clients import register_client
from app.simulator.zoho_accounts.tokens import expire_access_tokens, kill, kill_all

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.simulator.simulated import Simulator

__all__ = ["blueprint", "expire_access_tokens", "kill", "kill_all", "register_client"]

PLATFORM = "zoho_accounts"


def blueprint(simulator: Simulator) -> Blueprint:
    """The routes of the accounts host."""
    accounts = Blueprint("zoho_accounts", __name__)

    @accounts.get("/oauth/v2/auth")
    def authorize() -> Response:
        _record(simulator, "authorize", request.args.to_dict())
        return consent.show(simulator, request.args.to_dict())

    @accounts.post("/oauth/v2/auth")
    def decide() -> AnyResponse:
        return consent.decide(simulator, request.form.to_dict())

    @accounts.post("/oauth/v2/token")
    def token() -> Response:
        given = request.values.to_dict()
        if given.get("grant_type") == "refresh_token":
            return _serve(simulator, "refresh", given, lambda: tokens.refresh(simulator, given))
        return _serve(simulator, "exchange", given, lambda: tokens.exchange(simulator, given))

    @accounts.post("/oauth/v2/token/revoke")
    def revoke() -> Response:
        given = request.values.to_dict()
        return _serve(simulator, "revoke", given, lambda: tokens.revoke(simulator, given.get("token", "")))

    return accounts


def _serve(
    simulator: Simulator, operation: str, given: Mapping[str, str], act: Callable[[], tokens.Answer]
) -> Response:
    _record(simulator, operation, given)
    fault = faults.take(simulator.state, PLATFORM, operation)
    return faults.serve(fault, lambda: _respond(act()), lambda status, _: _respond((status, {"error": "server_error"})))


def _record(simulator: Simulator, operation: str, given: Mapping[str, str]) -> None:
    """Count the call and check it: parameters may come as query or as form, so the contract names them as query."""
    called: Operation = contract(PLATFORM)[operation]
    problems = validate_request(called, given, None)
    simulator.state.bump(f"calls:{PLATFORM}:{operation}")
    strict_log.record(simulator.state, PLATFORM, "-", operation, problems, simulator.clock.now())


def _respond(answer: tokens.Answer) -> Response:
    status, content = answer
    return Response(msgspec.json.encode(content), status=status, mimetype="application/json")
