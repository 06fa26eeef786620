"""The world a newcomer and the tests meet: two shops at HitPay, one Zoho user with three organizations.

All names and keys are fixed and may be printed: they open nothing but the simulator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.simulator.state import Row
from app.simulator.world import World
from app.simulator.zoho_accounts import register_client
from app.simulator.zoho_books.organizations import (
    USERS,
    create_organization,
    create_user,
    organizations_of,
    set_organization_active,
)

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

SHOPS = (
    ("lumen", "Lumen Home Goods", "demo-key-lumen-4f7a"),
    ("harbour", "Harbour Books and Coffee", "demo-key-harbour-91c3"),
)
EMAIL = "owner@lumen.example"
CLIENT_ID = "1000.DEMOCLIENTOFTHESIMULATOR0000"
CLIENT_SECRET = "demo-secret-of-the-simulator"  # noqa: S105 - opens nothing but the simulator
ORGANIZATIONS = (("Lumen Home Goods", True), ("Harbour Books and Coffee", True), ("Lumen (closed 2024)", False))


def build_demo_world(simulator: Simulator, redirect_uri: str, seed: int = 1) -> dict[str, Any]:
    """Make what isn't there yet and answer what opens it; done twice it changes only the redirect URI and the seed.

    `{"hitpay": {<account>: <API key>}, "zoho": {"user_id", "email", "client_id", "client_secret", "redirect_uri",
    "organizations": {<name>: <id>}}}`. Nothing is traded: see World.trade and World.drip.
    """
    world = World(simulator.state, simulator.clock)
    with simulator.state.transaction():
        for account, name, key in SHOPS:
            world.open_account(account, name, key, seed=seed)
        register_client(simulator, CLIENT_ID, CLIENT_SECRET, [redirect_uri])
        user_id = _user(simulator)
        organizations = _organizations(simulator, user_id)
    return {
        "hitpay": {account: key for account, _, key in SHOPS},
        "zoho": {
            "user_id": user_id,
            "email": EMAIL,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uri": redirect_uri,
            "organizations": organizations,
        },
    }


def _user(simulator: Simulator) -> str:
    known: list[Row] = simulator.state.find(USERS, "email", EMAIL)
    return str(known[0]["id"]) if known else create_user(simulator, EMAIL, "Lumen's owner")


def _organizations(simulator: Simulator, user_id: str) -> dict[str, str]:
    found = {row["name"]: str(row["id"]) for row in organizations_of(simulator, user_id)}
    for name, active in ORGANIZATIONS:
        if name not in found:
            found[name] = create_organization(simulator, user_id, name)
            set_organization_active(simulator, found[name], active)
    return found
