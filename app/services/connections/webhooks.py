"""Webhooks: the address of a business, its salts, and taking in what is delivered there: stored, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.ports import InDoubt, OutsideError, RegisteredWebhook, WebhookRegistry
from app.services.connections import provider_connection
from app.services.connections.webhook_gate import gate
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.store import webhooks
from app.store.businesses import Business
from app.store.connections import of_business
from app.store.db import read, write
from app.store.webhooks import Delivery, WebhookAddress

MOST_SALTS = 3
COUNTED = timedelta(days=30)
KEEP_BODIES = timedelta(days=7)
KEEP = timedelta(days=90)
_UNKNOWN = "unknown"

Verdict = Literal["taken", "refused", "busy"]


@dataclass(frozen=True)
class DeliveryView:
    """One delivery as the page shows it."""

    received_at: datetime
    event: str
    state: str
    said: str


@dataclass(frozen=True)
class WebhookView:
    """What the provider page says of deliveries. `salts` are the endings of the stored ones, oldest first.

    `arrived` counts those of the last 30 days; `registered` whether the provider was told this very address.
    """

    address: str
    salts: tuple[str, ...]
    registered: bool
    arrived: int
    waiting: int
    last_at: datetime | None
    refused: int
    refused_at: datetime | None
    latest: tuple[DeliveryView, ...]


def view(outside: Outside, business_id: int) -> WebhookView | None:
    """The address of a business and whether anything arrives there; None before HitPay was ever connected."""
    with read() as session:
        row = webhooks.address_of(session, business_id)
        if row is None:
            return None
        address = _address(outside, session.get_one(Business, business_id).provider, row.token)
        arrived, waits, last = webhooks.tally(session, business_id, outside.clock.now() - COUNTED)
        latest = webhooks.newest(session, business_id, 5)
        return WebhookView(
            address=address,
            salts=tuple(salt[-4:] for salt in (row.salts or "").split()),
            registered=row.registered_url == address,
            arrived=arrived,
            waiting=waits,
            last_at=last,
            refused=row.refused,
            refused_at=row.refused_at,
            latest=tuple(DeliveryView(one.received_at, one.event, one.state, one.said or "") for one in latest),
        )


def _address(outside: Outside, provider: str, token: str) -> str:
    return f"{outside.public_url.rstrip('/')}/webhooks/{provider}/{token}"


def add_salt(business_id: int, salt: str) -> None:
    """Accept deliveries signed with this salt too; beyond three the oldest is dropped. Refusal: nothing changed."""
    salt = salt.strip()
    if not 8 <= len(salt) <= 200 or not salt.isascii() or not salt.isprintable() or " " in salt:
        raise Refusal("Paste the salt as HitPay shows it, without spaces.", field="salt")
    with write() as session:
        row = webhooks.address_of(session, business_id)
        if row is None:
            raise Refusal("Connect HitPay first.")
        others = [one for one in (row.salts or "").split() if one != salt]
        row.salts = "\n".join([*others, salt][-MOST_SALTS:])
        row.refused, row.refused_at = 0, None


def drop_salts(business_id: int) -> None:
    """Forget every salt: from now on all deliveries are refused. Polling goes on."""
    with write() as session:
        row = webhooks.address_of(session, business_id)
        if row is None or not row.salts:
            raise Refusal("No salt is stored, so there is nothing to remove.")
        row.salts = None


def receive(outside: Outside, provider: str, token: str, body: bytes, headers: Mapping[str, str]) -> Verdict:
    """Store a signed delivery once, and nothing else. An unknown address and a wrong signature look alike."""
    with read() as session:
        row = webhooks.by_token(session, token)
        known = row is not None and session.get_one(Business, row.business_id).provider == provider
    if not gate.admit(token if known else _UNKNOWN, outside.clock.monotonic()):
        return "busy"
    if row is None or not known:
        return "refused"
    reader = outside.webhook_reader(provider)
    if not reader.is_signed(body, headers, (row.salts or "").split()):
        gate.refuse(row.business_id)
        return "refused"
    _keep(outside, row.business_id, reader.event(headers), body)
    return "taken"


def _keep(outside: Outside, business_id: int, event: str, body: bytes) -> None:
    """Once a body: one that was delivered before is answered as the first time, and changes nothing."""
    digest, now = hashlib.sha256(body).hexdigest(), outside.clock.now()
    with read() as session:
        if webhooks.is_known(session, business_id, digest):
            return
    try:
        with write() as session:
            # Bytes as letters of the same numbers: what a provider sends need not be text.
            session.add(Delivery(business_id=business_id, body_hash=digest, received_at=now, event=event,
                                 body=body.decode("latin-1"), try_after=now))  # fmt: skip
    except IntegrityError:
        return
    gate.ring()


def register(outside: Outside, business_id: int) -> None:
    """Have the provider deliver to our address, once however often it is asked. Refusal says what to do instead."""
    registry, address = _registry(outside, business_id)
    try:
        made = _registered(registry, address)
    except InDoubt as error:
        raise Refusal("HitPay didn't say whether it took the address. Press Register again: it looks first.",
                      detail=error.detail) from error  # fmt: skip
    except OutsideError as error:
        raise Refusal(f"{error} Paste the address into HitPay's dashboard instead (Developers, Webhooks).",
                      detail=error.detail) from error  # fmt: skip
    with write() as session:
        row = session.get_one(WebhookAddress, business_id)
        row.registered_id, row.registered_url = made.id, made.address


def _registry(outside: Outside, business_id: int) -> tuple[WebhookRegistry, str]:
    with read() as session:
        row = of_business(session, business_id, provider_connection.SIDE)
        if row is None or not row.secret:
            raise Refusal("Connect HitPay first.")
        token = session.get_one(WebhookAddress, business_id).token
        kind, place, secret = row.kind, row.place, row.secret
    return outside.webhook_registry(kind, place, secret), _address(outside, kind, token)


def _registered(registry: WebhookRegistry, address: str) -> RegisteredWebhook:
    """Adopt the one that leads here already, move the one that leads to where this install was, or make it."""
    token = address.rpartition("/")[2]
    ours = [one for one in registry.registered() if one.address.rpartition("/")[2] == token]
    here = next((one for one in ours if one.address == address), None)
    if here:
        return here
    return registry.move(ours[0].id, address) if ours else registry.register(address)


def store_refused(outside: Outside) -> None:
    """Write down how many deliveries were refused since the last time."""
    counted = gate.refused()
    if not counted:
        return
    with write() as session:
        for business_id, count in counted.items():
            session.execute(
                sa.update(WebhookAddress)
                .where(WebhookAddress.business_id == business_id)
                .values(refused=WebhookAddress.refused + count, refused_at=outside.clock.now())
            )


def clean_up(now: datetime) -> int:
    """Drop raw bodies a week after they were worked off, and everything of a delivery after 90 days; how many rows."""
    with write() as session:
        return webhooks.clear_bodies(session, now - KEEP_BODIES) + webhooks.forget(session, now - KEEP)
