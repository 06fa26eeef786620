"""Zoho Books, simulated: the HTTP interface at `/zohoapis/books/v3`.

For whoever builds or inspects the world: `organizations` (users, organizations, switches, lock date), `operations.act`
(do as a person does), `people` (edit and delete), `accounts`, `taxes`, `custom_fields`, `truth`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from app.simulator.contract import Operation, Problem, contract, strict_log
from app.simulator.zoho_books.answers import ZohoError, refuse
from app.simulator.zoho_books.gate import PLATFORM, Gate

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator


def blueprint(simulator: Simulator) -> Blueprint:
    """The routes of Zoho Books, one for every operation of the contract."""
    zoho = Blueprint("zoho_books", __name__)
    gate = Gate(simulator)
    for operation in contract(PLATFORM).operations.values():
        _route(zoho, gate, operation)

    @zoho.route("/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
    def unknown(rest: str) -> Response:
        problem = Problem("unknown_operation", "path", f"{request.method} /{rest} isn't in the contract")
        account = request.args.get("organization_id", "-")
        strict_log.record(simulator.state, PLATFORM, account, "-", [problem], simulator.clock.now())
        return refuse(ZohoError(5, "Invalid URL Passed", 404))

    return zoho


def _route(zoho: Blueprint, gate: Gate, operation: Operation) -> None:
    rule = re.sub(r"{(\w+)}", r"<\1>", operation.path)

    def view(**path: str) -> Response:
        return gate.serve(operation, path)

    zoho.add_url_rule(rule, operation.id, view, methods=[operation.method])
