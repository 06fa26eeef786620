"""HitPay's merchant API v1, as far as an accounting sync reads it, and the webhooks it registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from app.simulator.hitpay.charges import Charges
from app.simulator.hitpay.gate import Gate
from app.simulator.hitpay.money import Money
from app.simulator.hitpay.shapes import ACCOUNT_STATUS
from app.simulator.hitpay.webhook_events import WebhookEvents
from app.simulator.world import World

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator


def blueprint(simulator: Simulator) -> Blueprint:
    """The API below the prefix at which the caller mounts it."""
    world = World(simulator.state, simulator.clock)
    address = f"{simulator.base_url}/hitpay/v1"
    charges, money, gate = Charges(world, address), Money(world, address), Gate(world)
    webhooks = WebhookEvents(world)
    hitpay = Blueprint("hitpay", __name__)
    for path, name, view in (
        ("/account-status", "get_account_status", lambda _account: ACCOUNT_STATUS),
        ("/charges", "list_charges", charges.listed),
        ("/charges/<charge_id>", "get_charge", charges.single),
        ("/refund/<refund_id>", "get_refund", charges.refund),
        ("/refunds/<refund_id>", "get_refund", charges.refund),
        ("/payouts", "list_payouts", money.payouts),
        ("/payouts/<payout_id>", "get_payout", money.payout),
        ("/payouts/<payout_id>/charges", "list_payout_charges", charges.of_payout),
        ("/balances", "get_balances", money.balances),
    ):
        hitpay.add_url_rule(path, endpoint=path.strip("/"), view_func=gate.operation(name, view), methods=["GET"])
    for method, path, name, act in (
        ("GET", "/webhook-events", "list_webhook_events", webhooks.listed),
        ("POST", "/webhook-events", "create_webhook_event", webhooks.create),
        ("PUT", "/webhook-events/<webhook_id>", "update_webhook_event", webhooks.update),
    ):
        hitpay.add_url_rule(path, endpoint=name, view_func=gate.operation(name, act), methods=[method])
    rest = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    hitpay.add_url_rule("/<path:rest>", view_func=gate.elsewhere, methods=rest)
    return hitpay
