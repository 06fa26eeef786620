"""One HTTP server for all simulated platforms; path prefixes stand for hosts."""

from __future__ import annotations

from flask import Flask

from app.simulator import control, hitpay, zoho_accounts, zoho_books
from app.simulator.clock import Clock
from app.simulator.simulated import Simulator
from app.simulator.state import State


def create_simulator(state: State, clock: Clock, base_url: str) -> Flask:
    """The WSGI application that speaks all protocols under `base_url`.

    Errors pass through to the server: one of them, `faults.ReplyLostError`, closes a connection without an answer.
    """
    server = Flask("simulator")
    server.config["PROPAGATE_EXCEPTIONS"] = True
    simulator = Simulator(state, clock, base_url.rstrip("/"))
    server.extensions["simulator"] = simulator
    server.register_blueprint(zoho_accounts.blueprint(simulator), url_prefix="/accounts")
    server.register_blueprint(zoho_books.blueprint(simulator), url_prefix="/zohoapis/books/v3")
    server.register_blueprint(hitpay.blueprint(simulator), url_prefix="/hitpay/v1")
    server.register_blueprint(control.blueprint(simulator))
    return server
