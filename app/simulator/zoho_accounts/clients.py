"""Registered clients of the simulated API console, and the codes and tokens they hold."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.simulator.state import Row, State

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

CLIENTS = "zoho.client"
_AREAS = (
    *("settings", "contacts", "invoices", "customerpayments", "creditnotes", "expenses", "accountants", "banking"),
    *("estimates", "salesorders", "purchaseorders", "bills", "debitnotes", "vendorpayments", "projects"),
)
_ACTIONS = ("CREATE", "READ", "UPDATE", "DELETE", "ALL")
SCOPES = frozenset(
    {f"ZohoBooks.{area}.{action}" for area in _AREAS for action in _ACTIONS} | {"ZohoBooks.fullaccess.all"}
)


def register_client(simulator: Simulator, client_id: str, client_secret: str, redirect_uris: Sequence[str]) -> None:
    """Add a client of the API console, or change one: its secret and the exact redirect URIs it may use."""
    row: Row = {"id": client_id, "secret": client_secret, "redirect_uris": list(redirect_uris)}
    with simulator.state.transaction():
        simulator.state.put(CLIENTS, client_id, row)


def client_of(state: State, client_id: str) -> Row | None:
    return state.get(CLIENTS, client_id)


def has_secret(client: Row, secret: str) -> bool:
    """Whether `secret` is the client's."""
    return hmac.compare_digest(client["secret"].encode(), secret.encode())


def new_token() -> str:
    """A code or token in Zoho's shape: `1000.<32 hex>.<32 hex>`."""
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
