"""The way into Zoho Books: who asks, for which organization, within which limits, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Request, Response, request

from app.simulator import faults
from app.simulator.contract import Operation, Problem, contract, strict_log, validate_request
from app.simulator.state import Row
from app.simulator.zoho_books import late
from app.simulator.zoho_books.answers import Answer, ZohoError, read_json, refuse, respond
from app.simulator.zoho_books.book import ORGANIZATIONS, Book, Call
from app.simulator.zoho_books.limits import Limits
from app.simulator.zoho_books.operations import HANDLERS
from app.simulator.zoho_books.organizations import list_organizations

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

PLATFORM = "zoho_books"
ACCESS_TOKENS = "zoho.access_token"
_SCHEME = "Zoho-oauthtoken "


class Gate:
    """Lets requests of one simulator through to the handlers, or refuses them as Zoho does."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._limits = Limits()

    def serve(self, operation: Operation, path: Mapping[str, str]) -> Response:
        """Answer the request at hand. A refusal is a JSON envelope; a lost reply raises ReplyLostError."""
        late.land(self._simulator.state, self._simulator.clock)
        try:
            token = self._token()
            if operation.id == "list_organizations":
                return self._serve_user(operation, token)
            book = self._book(token)
            book.state.bump(f"calls:{PLATFORM}:{book.id}:{operation.id}")  # first of all: refused calls count too
            with self._limits.in_flight(book.id, book.settings["calls_at_once"]):
                return self._serve_organization(operation, token, book, path)
        except ZohoError as error:
            return refuse(error)

    def _serve_organization(self, operation: Operation, token: Row, book: Book, path: Mapping[str, str]) -> Response:
        self._limits.spend(book)
        _require_scope(operation, token)
        if book.settings["trial_over"]:
            message = "Your trial of Zoho Books is over. Please upgrade to a paid plan to enjoy our service."
            raise ZohoError(103001, message)
        call = self._checked_call(operation, book, path)
        fault = faults.take(book.state, PLATFORM, operation.id)
        if fault is not None and fault.kind == "late":
            late.postpone(call, operation.id, fault.seconds)
        return faults.serve(fault, lambda: _answer(operation, call), _refusal)

    def _serve_user(self, operation: Operation, token: Row) -> Response:
        state = self._simulator.state
        state.bump(f"calls:{PLATFORM}:-:{operation.id}")
        _require_scope(operation, token)
        problems = validate_request(operation, request.args.to_dict(), None)
        strict_log.record(state, PLATFORM, "-", operation.id, problems, self._simulator.clock.now())
        fault = faults.take(state, PLATFORM, operation.id)
        return faults.serve(fault, lambda: respond(list_organizations(self._simulator, token["user_id"])), _refusal)

    def _token(self) -> Row:
        header = request.headers.get("Authorization", "")
        if not header.startswith(_SCHEME):
            raise ZohoError(
                14,
                "The request could not be authenticated as the authentication value you entered is invalid. "
                "Enter a valid authentication value and try again.",
                401,
            )
        token = self._simulator.state.get(ACCESS_TOKENS, header.removeprefix(_SCHEME))
        if token is None or datetime.fromisoformat(token["expires_at"]) <= self._simulator.clock.now():
            raise _not_authorized()
        return token

    def _book(self, token: Row) -> Book:
        organization_id = request.args.get("organization_id", "")
        row = self._simulator.state.get(ORGANIZATIONS, organization_id)
        if row is None or token["user_id"] not in row["users"]:
            message = f"This user is not associated with the CompanyID/CompanyName:{organization_id}."
            raise ZohoError(6041, message)
        return Book(self._simulator.state, self._simulator.clock, organization_id)

    def _checked_call(self, operation: Operation, book: Book, path: Mapping[str, str]) -> Call:
        query = request.args.to_dict()
        body = _body(request)
        problems = validate_request(operation, query, body)
        strict_log.record(book.state, PLATFORM, book.id, operation.id, problems, book.clock.now())
        for problem in problems:
            if problem.kind != "unknown_query":  # Zoho ignores filters it doesn't know
                raise _complaint(problem)
        known = {name: value for name, value in query.items() if name in operation.query}
        return Call(book, path, known, _given(body))


def _answer(operation: Operation, call: Call) -> Response:
    try:
        with call.book.state.transaction():
            answer: Answer = HANDLERS[operation.id](call)
    except ZohoError as error:
        return refuse(error)
    return respond(answer)


def _refusal(status: int, code: int) -> Response:
    meaning = contract(PLATFORM).errors.get(str(code), (status, "Internal error"))[1]
    return refuse(ZohoError(code, meaning, status))


def _require_scope(operation: Operation, token: Row) -> None:
    area = operation.scope.rpartition(".")[0]
    if not {operation.scope, f"{area}.ALL", "ZohoBooks.fullaccess.all"} & set(token["scopes"]):
        raise _not_authorized()


def _not_authorized() -> ZohoError:
    return ZohoError(57, "You are not authorized to perform this operation", 401)


def _body(given: Request) -> Any:
    """The JSON of the body, or of the parameter `JSONString` that Zoho takes as well; None without either."""
    if given.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return read_json(given.form.get("JSONString", "{}").encode())
    raw = given.get_data()
    return read_json(raw) if raw else None


def _given(body: Any) -> Row:
    """A body without the fields that are null: Zoho reads those as not given."""
    return {name: value for name, value in (body or {}).items() if value is not None}


def _complaint(problem: Problem) -> ZohoError:
    if problem.kind == "too_long":
        return ZohoError(15, f"Please ensure that {problem.detail}.")
    return ZohoError(2, f"Invalid value passed for {problem.field.rpartition('.')[2]}")
