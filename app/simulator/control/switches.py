"""JSON switches below `/__control`: what tests and the demo do to the simulated world.

Each takes one JSON object and answers one; a mistake is 400 with `{"message"}`. Amounts travel as text, so that no
cent passes through a float; times as ISO 8601 with an offset, days as `yyyy-mm-dd`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from app.simulator import demo_world, faults
from app.simulator.control.moving import RealTimeError, move
from app.simulator.control.truths import as_json
from app.simulator.hitpay.gate import set_limit
from app.simulator.trade import Options
from app.simulator.world import World
from app.simulator.zoho_accounts import expire_access_tokens, kill_all, register_client
from app.simulator.zoho_books import organizations
from app.simulator.zoho_books.custom_fields import create_custom_field

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

Body = dict[str, Any]


def register(blueprint: Blueprint, simulator: Simulator) -> None:
    switches = Switches(simulator)
    for name in ("world", "trade", "charge", "change", "distort", "refund", "payout", "drip"):
        _add(blueprint, name, getattr(switches, name))
    for name in ("clock", "limits", "fault", "switch", "client", "tokens", "lock", "field"):
        _add(blueprint, name, getattr(switches, name))


class Switches:
    """One method a switch: JSON object in, JSON object out."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._world = World(simulator.state, simulator.clock)

    def world(self, body: Body) -> Body:
        """`{redirect_uri, seed?}`: build the demo world; answers its credentials."""
        return demo_world.build_demo_world(self._simulator, body["redirect_uri"], int(body.get("seed", 1)))

    def trade(self, body: Body) -> Body:
        """`{account, from, to, count?, seed?, options?}`: let local days happen, both included, but not the future."""
        account = self._world.account(body["account"])
        first, last = date.fromisoformat(body["from"]), date.fromisoformat(body["to"])
        seed, count = int(body.get("seed") or account["seed"]), int(body.get("count") or account["count"])
        options = Options(**body.get("options", {}))
        until = self._simulator.clock.now()
        return {"charges": self._world.trade(account["id"], first, last, seed, count, options, until)}

    def charge(self, body: Body) -> Body:
        """`{account, ...}`: one sale with these wire fields; `method` is a way to pay."""
        return self._world.add_charge(body.pop("account"), **body)

    def change(self, body: Body) -> Body:
        """`{charge, ...}`: replace these wire fields of a charge."""
        return self._world.change_charge(body.pop("charge"), **body)

    def distort(self, body: Body) -> Body:
        """`{charge, omit?, replace?}`: serve a charge badly from now on."""
        return self._world.distort(body["charge"], body.get("omit", ()), body.get("replace"))

    def refund(self, body: Body) -> Body:
        """`{charge, amount?, at?}`: give money back; without an amount all that is left."""
        at = datetime.fromisoformat(body["at"]) if "at" in body else None
        return self._world.refund(body["charge"], body.get("amount"), at)

    def payout(self, body: Body) -> Body:
        """`{account, charges?}`: settle these charges, or all that are due; `{payout, ...}`: change one that is."""
        if "payout" in body:
            return self._world.change_payout(body.pop("payout"), **body)
        return self._world.pay_out(body["account"], body.get("charges"))

    def drip(self, body: Body) -> Body:
        """`{account, on, since?}`: let sales appear as time passes, or stop that."""
        since = date.fromisoformat(body["since"]) if "since" in body else None
        self._world.drip(body["account"], bool(body["on"]), since)
        return {"dripping": bool(body["on"])}

    def clock(self, body: Body) -> Body:
        """`{start, rate?}`: set the time, running so many virtual seconds a second (0 stands still)."""
        rate = float(body["rate"]) if "rate" in body else None
        move(self._simulator.clock, datetime.fromisoformat(body["start"]), rate)
        return {"now": self._simulator.clock.now().isoformat()}

    def limits(self, body: Body) -> Body:
        """`{per_minute}` for HitPay, 0 for none; `{organization_id, calls_per_minute?, ...}` for one organization."""
        if "per_minute" in body:
            set_limit(self._world, int(body.pop("per_minute")))
        if "organization_id" in body:
            organizations.set_switches(self._simulator, body.pop("organization_id"), **body)
        return {}

    def fault(self, body: Body) -> Body:
        """`{platform, operation, kind, nth?, status?, code?, seconds?}`: plan one; `{clear: true}`: forget all."""
        if body.get("clear"):
            faults.clear(self._simulator.state)
            return {}
        unknown = sorted(set(body) - {field.name for field in fields(faults.Fault)})
        if unknown:
            raise KeyError(f"a fault has no {', '.join(unknown)}")
        return {"id": faults.script(self._simulator.state, faults.Fault(**body))}

    def switch(self, body: Body) -> Body:
        """`{organization_id, name, value}`: how an organization behaves; `name` may also be `active`."""
        if body["name"] == "active":
            organizations.set_organization_active(self._simulator, body["organization_id"], bool(body["value"]))
        else:
            organizations.set_switches(self._simulator, body["organization_id"], **{body["name"]: body["value"]})
        return {}

    def client(self, body: Body) -> Body:
        """`{client_id, secret, redirect_uris}`: an application that Zoho knows."""
        register_client(self._simulator, body["client_id"], body["secret"], list(body["redirect_uris"]))
        return {}

    def tokens(self, body: Body) -> Body:
        """`{expire: true}`: access tokens end now; `{kill: <user id>}`: a user takes all consent back."""
        if body.get("expire"):
            expire_access_tokens(self._simulator)
        return {"killed": kill_all(self._simulator, body["kill"]) if "kill" in body else 0}

    def lock(self, body: Body) -> Body:
        """`{organization_id, date}`: lock the books up to and including a day; null opens them."""
        organizations.set_lock_date(self._simulator, body["organization_id"], body["date"])
        return {}

    def field(self, body: Body) -> Body:
        """`{organization_id, kind, label, api_name, unique}`: a custom field of a kind of documents."""
        book = organizations.book_of(self._simulator, body["organization_id"])
        with self._simulator.state.transaction():
            made = create_custom_field(book, body["kind"], body["label"], body["api_name"], bool(body["unique"]))
        return {"customfield_id": made}


def _add(blueprint: Blueprint, name: str, switch: Callable[[Body], Body]) -> None:
    def handler() -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return as_json({"message": "The body isn't a JSON object."}, 400)
        try:
            return as_json(switch(dict(body)))
        except KeyError as problem:
            return as_json({"message": f"Missing or unknown: {problem.args[0]}"}, 400)
        except (ValueError, TypeError, RealTimeError) as problem:
            return as_json({"message": str(problem)}, 400)

    blueprint.add_url_rule(f"/__control/{name}", endpoint=f"switch-{name}", view_func=handler, methods=["POST"])
