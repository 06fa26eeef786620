"""The connection to Zoho Books as it stands: what pages show, picking the organization, disconnecting."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, object_session

from app.domain.zones import UnknownZoneError, zone_of
from app.ports import ApiClient, BooksChoices, BooksPosting, NotConnected, Organization, OutsideError
from app.services.connections.tokens import StoredTokens, client_of
from app.services.outside import Outside, Place
from app.services.refusals import Refusal
from app.store import health
from app.store.businesses import Business
from app.store.connections import Connection, OAuthState, datacenters_with_client, learn, of_business
from app.store.db import read, write
from app.store.outbox import Effect
from app.store.settings import close_window, resume_window

SIDE = "books"
KIND = "zoho_books"
PICK_WITHIN = timedelta(minutes=30)
"""An organization not picked for this long is taken as abandoned: its token is revoked."""

FORGET_AFTER = timedelta(days=1)
"""A begun consent is forgotten, client secret and all, this long after it ended."""


@dataclass(frozen=True)
class BooksView:
    """The Zoho Books card. `clients` names the data centres whose API client is stored."""

    status: str
    since: datetime | None
    datacenter: str
    datacenter_label: str
    organization_id: str
    organization_name: str
    currency: str
    time_zone: str
    redirect_uri: str
    scopes: tuple[str, ...]
    datacenters: tuple[Place, ...]
    clients: tuple[str, ...]
    trouble: str
    trouble_detail: str

    @property
    def connected(self) -> bool:
        return self.status == "connected"


def view(outside: Outside, business_id: int) -> BooksView:
    """The state of the books connection, `not_connected` if there never was one."""
    with read() as session:
        row = of_business(session, business_id, SIDE) or Connection(status="not_connected", place="")
        clients = datacenters_with_client(session)
        return BooksView(
            status=row.status,
            since=row.since,
            datacenter=row.place,
            datacenter_label=next((one.label for one in outside.datacenters if one.code == row.place), row.place),
            organization_id=row.account_id or "",
            organization_name=row.account_name or "",
            currency=row.currency or "",
            time_zone=row.time_zone or "",
            redirect_uri=redirect_uri(outside),
            scopes=outside.scopes,
            datacenters=outside.datacenters,
            clients=clients,
            trouble=row.trouble or "",
            trouble_detail=row.trouble_detail or "",
        )


def redirect_uri(outside: Outside) -> str:
    """The address Zoho sends people back to: made from the configured public address, never from a request."""
    return f"{outside.public_url.rstrip('/')}/oauth/zoho/callback"


def organizations(outside: Outside, business_id: int) -> list[Organization]:
    """What the consent just given can reach, read live; Refusal if there is no consent waiting for a pick."""
    row = _row(business_id, "choose_organization", "Connect Zoho Books first, then choose the organization.")
    try:
        return outside.choices(row.place, "", StoredTokens(outside, row.id)).organizations()
    except OutsideError as error:
        raise Refusal(f"{error} Press Connect to try again.", detail=error.detail) from error


def confirm(outside: Outside, business_id: int, organization_id: str) -> None:
    """Tie the business to an organization. Refusal: it can't be picked, and nothing changed."""
    found = next((one for one in organizations(outside, business_id) if one.id == organization_id), None)
    if found is None:
        raise Refusal("Choose one of the organizations in the list.", field="organization")
    check_usable(found)
    try:
        _tie(outside, business_id, found)
    except IntegrityError as error:
        raise Refusal(
            f"{found.name} is tied to another business already. One organization belongs to one business; "
            "choose another organization, or disconnect it there first.",
            field="organization",
        ) from error


def check_usable(found: Organization) -> None:
    """Refusal if books can't be kept for an organization: it is inactive, or its zone or currency isn't known."""
    if not found.active:
        raise Refusal(
            f"{found.name} is inactive in Zoho Books. Activate it there, or choose another one.", field="organization"
        )
    if not found.currency:
        raise Refusal(
            f"Zoho Books names no base currency of {found.name}. Set one there (Settings, Organization Profile) "
            "and try again.",
            field="organization",
        )
    try:
        zone_of(found.time_zone)
    except UnknownZoneError as error:
        raise Refusal(
            f"Zoho Books states the time zone {found.time_zone!r}, which Tieout doesn't know. Choose a common zone "
            "in Zoho Books (Settings, Organization Profile) and try again.",
            field="organization",
        ) from error


def _tie(outside: Outside, business_id: int, organization: Organization) -> None:
    with write() as session:
        row = of_business(session, business_id, SIDE)
        if row is None or row.status != "choose_organization":
            raise Refusal("The choice was made or given up meanwhile. Press Connect to begin again.")
        business = session.get_one(Business, business_id)
        hold_organization(row, business, organization)
        row.status, row.since = "connected", outside.clock.now()
        health.reconnected(session, business_id, SIDE, row.since)
        resume_window(session, business_id, row.since)


def hold_organization(row: Connection, business: Business, organization: Organization) -> None:
    """Write what Zoho states of the organization onto connection and business."""
    row.account_id, row.account_name = organization.id, organization.name
    row.currency, row.time_zone = organization.currency, organization.time_zone
    row.tie = f"{business.provider}:{KIND}:{organization.id}"
    row.trouble = row.trouble_detail = None
    business.time_zone = organization.time_zone
    session = object_session(row)
    if session is not None and organization.plan:
        learn(session, f"{KIND}:{organization.id}", "plan", organization.plan[:200])


def disconnect(outside: Outside, business_id: int) -> None:
    """Revoke the login and close the sync window. History stays; the organization is kept while it has any."""
    now = outside.clock.now()
    with write() as session:
        row = of_business(session, business_id, SIDE)
        if row is None or not row.secret:
            raise Refusal("Zoho Books is not connected, so there is nothing to disconnect.")
        revoke = _revoker(outside, row)
        forget_login(session, row, now, "disconnected")
        close_window(session, business_id, now, "disconnect")
    revoke()


def forget_login(session: Session, row: Connection, now: datetime, status: str) -> None:
    """Drop the tokens; let go of the organization too, unless something was ever planned for it."""
    row.status, row.since = status, now
    row.secret = row.access_token = row.access_expires_at = row.refreshing_until = None
    row.trouble = row.trouble_detail = None
    history = session.scalar(sa.select(Effect.id).where(Effect.business_id == row.business_id).limit(1))
    if history is None:
        row.account_id = row.account_name = row.currency = row.time_zone = row.tie = None


def expire_abandoned(outside: Outside) -> None:
    """Revoke every consent whose organization wasn't picked within thirty minutes; forget long ended ones."""
    now = outside.clock.now()
    revokes = []
    with write() as session:
        session.execute(sa.delete(OAuthState).where(OAuthState.expires_at < now - FORGET_AFTER))
        waiting = sa.select(Connection).where(
            Connection.status == "choose_organization", Connection.since <= now - PICK_WITHIN
        )
        for row in session.scalars(waiting):
            revokes.append(_revoker(outside, row))
            forget_login(session, row, now, "not_connected")
    for revoke in revokes:
        revoke()


def _revoker(outside: Outside, row: Connection) -> Callable[[], None]:
    """Call the answer after the transaction: it revokes what the row holds now."""
    client, secret = client_of(row), row.secret
    return lambda: revoke_quietly(outside, client, secret)


def revoke_quietly(outside: Outside, client: ApiClient | None, refresh_token: str | None) -> None:
    """Revoke a token; if Zoho can't be reached, it is forgotten here all the same."""
    if client and refresh_token:
        with suppress(OutsideError):
            outside.login(client).revoke(refresh_token)


def _row(business_id: int, status: str, otherwise: str) -> Connection:
    with read() as session:
        row = of_business(session, business_id, SIDE)
        if row is None or row.status != status:
            raise Refusal(otherwise)
        return row


def target_of(organization_id: str) -> str:
    """The name under which effects on an organization, and what was learned of it, are kept."""
    return f"{KIND}:{organization_id}"


@dataclass(frozen=True)
class Books:
    """The books of a connected business, ready for use. `target` keys effects and what was learned."""

    target: str
    organization_id: str
    currency: str
    choices: BooksChoices
    posting: BooksPosting


def books_of(outside: Outside, business_id: int) -> Books:
    """The adapters of a business's organization; NotConnected if none is held with a login."""
    with read() as session:
        row = of_business(session, business_id, SIDE)
        if row is None or not row.secret or not row.account_id or row.status == "choose_organization":
            raise NotConnected("Zoho Books is not connected. Connect it on the Zoho Books page.")
        place, organization_id, currency = row.place, row.account_id, row.currency or ""
        tokens = StoredTokens(outside, row.id)
    return Books(
        target=target_of(organization_id),
        organization_id=organization_id,
        currency=currency,
        choices=outside.choices(place, organization_id, tokens),
        posting=outside.posting(place, organization_id, currency, tokens),
    )
