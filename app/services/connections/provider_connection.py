"""The connection to the payment provider: environment and API key, checked before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.ports import NotConnected, OutsideError, PaymentProvider, Refused
from app.services.outside import Outside, Place
from app.services.refusals import Refusal
from app.store import health
from app.store.businesses import Business
from app.store.connections import Connection, of_business, on_side
from app.store.db import read, write
from app.store.movements import latest_charge
from app.store.settings import close_window, resume_window
from app.store.webhooks import make_address

SIDE = "provider"


@dataclass(frozen=True)
class ProviderView:
    """The provider card. `key_ends` holds the last four characters of the stored key."""

    status: str
    since: datetime | None
    environment: str
    environment_label: str
    key_ends: str
    trouble: str
    trouble_detail: str
    environments: tuple[Place, ...]

    @property
    def connected(self) -> bool:
        return self.status == "connected"


def view(outside: Outside, business_id: int) -> ProviderView:
    """The state of the provider connection, `not_connected` if there never was one."""
    with read() as session:
        row = of_business(session, business_id, SIDE)
        if row is None:
            return ProviderView("not_connected", None, "", "", "", "", "", outside.environments)
        label = next((place.label for place in outside.environments if place.code == row.place), row.place)
        return ProviderView(row.status, row.since, row.place, label, (row.secret or "")[-4:], row.trouble or "",
                            row.trouble_detail or "", outside.environments)  # fmt: skip


def connect(outside: Outside, business_id: int, environment: str, api_key: str) -> None:
    """Check the key with the provider, then store it. Refusal: nothing was stored.

    A business stays with the account whose sales it holds: another account's would mix two balances in one.
    """
    api_key = api_key.strip()
    if environment not in {place.code for place in outside.environments}:
        raise Refusal("Choose an environment from the list.", field="environment")
    if not api_key or len(api_key) > 300 or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise Refusal("Paste the API key as HitPay shows it, without spaces.", field="api_key")
    if _is_used_elsewhere(business_id, environment, api_key):
        raise Refusal(
            "This key is in use for another business already: its sales would be posted twice. One HitPay account "
            "belongs to one business; disconnect it there first, or use the key of another account.",
            field="api_key",
        )
    kind, known = _kind_of(business_id), _known_charge(outside, business_id, environment)
    try:
        provider = outside.provider(kind, environment, api_key)
        provider.ping()
        same_account = known is None or _has(provider, known)
    except NotConnected as error:
        raise Refusal(
            "HitPay doesn't know this API key. Copy it again from HitPay's dashboard (Settings, Payment Gateway, "
            "API Keys) and check that the environment is the one it belongs to.",
            field="api_key",
            detail=error.detail,
        ) from error
    except OutsideError as error:
        raise Refusal(f"{error} Nothing was stored. Try again in a minute.", detail=error.detail) from error
    if not same_account:
        raise Refusal(
            "This key belongs to another HitPay account than the one whose sales are here. Use a key of that account, "
            "or make a business of its own for this one.",
            field="api_key",
        )
    _store(outside, business_id, kind, environment, api_key)


def _is_used_elsewhere(business_id: int, environment: str, api_key: str) -> bool:
    with read() as session:
        others = [one for one in on_side(session, SIDE) if one.business_id != business_id and one.place == environment]
        return any(one.secret == api_key for one in others)


def _kind_of(business_id: int) -> str:
    with read() as session:
        return session.get_one(Business, business_id).provider


def _known_charge(outside: Outside, business_id: int, environment: str) -> str | None:
    """A charge by which to know the account again, None before the first; Refusal if it is of another environment."""
    with read() as session:
        row, known = of_business(session, business_id, SIDE), latest_charge(session, business_id)
    if row is None or known is None or row.place == environment:
        return known
    label = next((place.label for place in outside.environments if place.code == row.place), row.place)
    raise Refusal(
        f"The sales here come from HitPay's environment {label}. Choose {label}, or make a business of its own for "
        "the other one.",
        field="environment",
    )


def _has(provider: PaymentProvider, charge_id: str) -> bool:
    try:
        provider.charge(charge_id)
    except Refused as error:
        return error.cause != "missing"
    return True


def _store(outside: Outside, business_id: int, kind: str, environment: str, api_key: str) -> None:
    now = outside.clock.now()
    with write() as session:
        row = of_business(session, business_id, SIDE)
        if row is None:
            row = Connection(business_id=business_id, side=SIDE, kind=kind)
            session.add(row)
        row.status, row.since, row.place, row.secret = "connected", now, environment, api_key
        row.trouble = row.trouble_detail = None
        health.reconnected(session, business_id, SIDE, now)
        resume_window(session, business_id, now)
        make_address(session, business_id)


def disconnect(outside: Outside, business_id: int) -> None:
    """Forget the key and close the sync window; what was read and written stays."""
    now = outside.clock.now()
    with write() as session:
        row = of_business(session, business_id, SIDE)
        if row is None or row.status in ("not_connected", "disconnected"):
            raise Refusal("HitPay is not connected, so there is nothing to disconnect.")
        row.status, row.since, row.secret = "disconnected", now, None
        row.trouble = row.trouble_detail = None
        close_window(session, business_id, now, "disconnect")


def adapter(outside: Outside, business_id: int) -> PaymentProvider:
    """The provider of a business, ready to read; NotConnected if no key is stored."""
    with read() as session:
        row = of_business(session, business_id, SIDE)
        if row is None or not row.secret:
            raise NotConnected("HitPay is not connected. Connect it on the HitPay page.")
        kind, place, secret = row.kind, row.place, row.secret
    return outside.provider(kind, place, secret)
