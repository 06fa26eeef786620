"""The simulator's pages for people: the time, the shops, and what the books say. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.simulator.control.moving import movable, next_day, rate_of
from app.simulator.control.truths import hitpay_truth, zoho_truth
from app.simulator.settlement import may_settle
from app.simulator.state import Row
from app.simulator.world import World
from app.simulator.zoho_books.book import ORGANIZATIONS

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_LATEST = 15
_SEGMENTS = {"customerpayments": "paymentsreceived", "items": "inventory/items"}  # guessed from Zoho's web addresses
_NAMES = {
    "customerpayments": "Customer payments",
    "creditnotes": "Credit notes",
    "creditnote_refunds": "Credit note refunds",
    "banktransactions": "Bank transactions",
}


def register(blueprint: Blueprint, simulator: Simulator) -> None:
    pages = Pages(simulator)
    for path, name, page in (
        ("/", "home", pages.home),
        ("/shops/<account>", "shop", pages.shop),
        ("/books/app/<organization_id>", "books", pages.books),
    ):
        blueprint.add_url_rule(path, endpoint=name, view_func=page)
    for path, name, action in (
        ("/next-day", "next_day", pages.next_day),
        ("/shops/<account>/sale", "sale", pages.sale),
        ("/shops/<account>/drip", "drip", pages.drip),
        ("/shops/<account>/payout", "payout", pages.payout),
    ):
        blueprint.add_url_rule(path, endpoint=name, view_func=_own_form(action), methods=["POST"])


class Pages:
    """One method a page or a button."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._world = World(simulator.state, simulator.clock)

    def home(self) -> Response:
        shops = []
        for account in self._world.accounts():
            self._world.catch_up(account["id"])
            charges = self._world.charges(account["id"])
            shops.append({"account": account, "count": len(charges), "latest": _latest(charges)})
        return _page(
            "home.html",
            now=self._simulator.clock.now().astimezone(ZoneInfo("Asia/Singapore")),
            rate=rate_of(self._simulator.clock),
            movable=movable(self._simulator.clock),
            shops=shops,
            organizations=self._simulator.state.all(ORGANIZATIONS),
        )

    def shop(self, account: str) -> Response:
        truth = _found(lambda: hitpay_truth(self._simulator, account))
        return _page("shop.html", **{**truth, "charges": sorted(truth["charges"], key=_created, reverse=True)})

    def books(self, organization_id: str) -> Response:
        """What Zoho Books' own web app would show; a row's id is the fragment of that web app's link to it."""
        told = _found(lambda: zoho_truth(self._simulator, organization_id))
        return _page("books.html", **told, names=_NAMES, segments=_SEGMENTS)

    def next_day(self) -> AnyResponse:
        if not movable(self._simulator.clock):
            abort(409, "The simulator runs on the machine's own time, which it can't move.")
        next_day(self._simulator)
        return _home()

    def sale(self, account: str) -> AnyResponse:
        _found(lambda: self._world.new_sale(account))
        return _home()

    def drip(self, account: str) -> AnyResponse:
        _found(lambda: self._world.drip(account, on=request.form.get("on") == "1"))
        return _home()

    def payout(self, account: str) -> AnyResponse:
        """Settle every charge that is due to the bank; nothing if none is."""
        charges = _found(lambda: hitpay_truth(self._simulator, account))["charges"]
        if any(may_settle(charge) for charge in charges):
            self._world.pay_out(account)
        return redirect(url_for("control.shop", account=account), 303)


def _own_form(action: Callable[..., AnyResponse]) -> Callable[..., AnyResponse]:
    """Refuse forms that another site's page sends here."""

    def handler(**path: str) -> AnyResponse:
        origin = request.headers.get("Origin")
        if origin is not None and origin != request.host_url.rstrip("/"):
            abort(403, "This form was sent from another site.")
        return action(**path)

    return handler


def _page(template: str, **content: Any) -> Response:
    answer = make_response(render_template(f"simulator/{template}", **content))
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _home() -> AnyResponse:
    return redirect(url_for("control.home"), 303)


def _found(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except KeyError as problem:
        abort(404, str(problem.args[0]))


def _latest(charges: list[Row]) -> list[Row]:
    return sorted(charges, key=_created, reverse=True)[:_LATEST]


def _created(charge: Row) -> datetime:
    return datetime.fromisoformat(charge["created_at"])
