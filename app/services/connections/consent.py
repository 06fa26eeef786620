"""The OAuth consent: begun in one browser, finished once, in the same one, at the same data centre."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from app.ports import ApiClient, NotConnected, Organization, OutsideError, Refused, Token
from app.services.connections.books_connection import KIND, SIDE, check_usable, hold_organization, revoke_quietly
from app.services.connections.tokens import client_of
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.store import health
from app.store.businesses import Business
from app.store.connections import Connection, OAuthState, client_in, held_organization, of_business
from app.store.db import read, write
from app.store.settings import resume_window

STATE_LIFE = timedelta(minutes=10)


def begin(outside: Outside, business_id: int, sign_in: str, datacenter: str, client_id: str, client_secret: str) -> str:
    """The address of Zoho's consent page. Blank client fields mean the client stored for that data centre.

    `sign_in` names the browser's session. The client is kept with the connection once the consent was given, so
    that a mistyped one never replaces one that works.
    """
    client = _client(outside, datacenter, client_id.strip(), client_secret.strip())
    state = secrets.token_urlsafe(32)
    with write() as session:
        session.add(
            OAuthState(
                state_hash=_hash(state),
                sign_in=sign_in,
                business_id=business_id,
                datacenter=datacenter,
                client_id=client.client_id,
                client_secret=client.client_secret,
                expires_at=outside.clock.now() + STATE_LIFE,
            )
        )
    return outside.login(client).authorize_url(state)


def _client(outside: Outside, datacenter: str, client_id: str, client_secret: str) -> ApiClient:
    if datacenter not in {place.code for place in outside.datacenters}:
        raise Refusal("Choose a data centre from the list.", field="datacenter")
    with read() as session:
        row = client_in(session, datacenter)
        stored = client_of(row) if row else None
    if not client_id and not client_secret and stored:
        return stored
    if stored and client_id == stored.client_id and not client_secret:
        return stored
    problems = {
        name: f"Paste the {label} from Zoho's API console, without spaces."
        for name, label, value in (
            ("client_id", "client ID", client_id),
            ("client_secret", "client secret", client_secret),
        )
        if not value or len(value) > 200 or not value.isascii() or not value.isprintable() or " " in value
    }
    if problems:
        raise Refusal("The API client is not complete. Nothing was stored.", problems=problems)
    return ApiClient(datacenter=datacenter, client_id=client_id, client_secret=client_secret)


def finish(outside: Outside, sign_in: str, *, state: str, code: str, error: str, accounts_server: str) -> int:
    """Redeem the answer of the consent page; the id of the business it was for. Refusal: nothing was stored."""
    business_id, client = _spend(outside, sign_in, state)
    if error:
        raise Refusal(
            "Zoho reports that access was refused, so nothing was connected. Press Connect and choose Accept.",
            detail=error[:200],
        )
    if accounts_server and not outside.server_matches(client.datacenter, accounts_server):
        label = next(place.label for place in outside.datacenters if place.code == client.datacenter)
        raise Refusal(
            f"You signed in at another Zoho data centre than {label}, so nothing was connected. Look at the address "
            "bar of your Zoho Books, choose the data centre it shows, and press Connect."
        )
    token = _exchange(outside, client, code)
    held = _held_organization(business_id)
    if held:
        _resume(outside, business_id, client, token, held)
    else:
        _await_pick(outside, business_id, client, token)
    return business_id


def slug_of(sign_in: str, state: str) -> str:
    """The address part of the business a consent was begun for in this browser, "" if it wasn't begun here."""
    with read() as session:
        row = session.get(OAuthState, _hash(state))
        business = session.get(Business, row.business_id) if row is not None and row.sign_in == sign_in else None
        return business.slug if business else ""


def _spend(outside: Outside, sign_in: str, state: str) -> tuple[int, ApiClient]:
    """Use up the state, whatever comes of it, and answer what it was bound to."""
    now = outside.clock.now()
    with write() as session:
        row = session.get(OAuthState, _hash(state))
        fresh = row is not None and row.used_at is None and row.expires_at > now and row.sign_in == sign_in
        if row is not None and row.sign_in == sign_in and row.used_at is None:
            row.used_at = now
        client = client_of(row) if row is not None and fresh else None
    if row is None or client is None:
        raise Refusal(
            "This answer from Zoho was used already, came too late, or belongs to another browser. "
            "Nothing was connected. Press Connect to begin again."
        )
    return row.business_id, client


def _exchange(outside: Outside, client: ApiClient, code: str) -> Token:
    if not code or len(code) > 500:
        raise Refusal("Zoho's answer holds no code, so nothing was connected. Press Connect to begin again.")
    try:
        return outside.login(client).exchange(code)
    except Refused as error:
        raise Refusal(f"{error} Nothing was connected. Press Connect to begin again.", detail=error.detail) from error
    except OutsideError as error:
        raise Refusal(f"{error} Nothing was connected. Try again in a minute.", detail=error.detail) from error


def _held_organization(business_id: int) -> str:
    with read() as session:
        return held_organization(session, business_id)


def _await_pick(outside: Outside, business_id: int, client: ApiClient, token: Token) -> None:
    with write() as session:
        row = of_business(session, business_id, SIDE)
        if row is None:
            row = Connection(business_id=business_id, side=SIDE, kind=KIND)
            session.add(row)
        older = client_of(row), row.secret
        _store_login(outside, row, client, token, "choose_organization")
    _revoke_unless(outside, *older, token.refresh_token)


def _resume(outside: Outside, business_id: int, client: ApiClient, token: Token, held: str) -> None:
    """Reconnect to the organization held before; a login that can't reach it is refused and revoked."""
    try:
        organization = _reach(outside, business_id, client, token, held)
    except Refusal:
        with read() as session:
            row = of_business(session, business_id, SIDE)
        _revoke_unless(outside, client, token.refresh_token, row.secret if row else None)
        raise
    with write() as session:
        row = of_business(session, business_id, SIDE)
        if row is None:
            raise Refusal("The business was removed meanwhile.")
        older, older_token = client_of(row), row.secret
        _store_login(outside, row, client, token, "connected")
        hold_organization(row, session.get_one(Business, business_id), organization)
        health.reconnected(session, business_id, SIDE, row.since)
        resume_window(session, business_id, row.since)
    _revoke_unless(outside, older, older_token, token.refresh_token)


def _revoke_unless(outside: Outside, client: ApiClient | None, refresh_token: str | None, kept: str | None) -> None:
    """Revoke a login, unless Zoho gave the very one that is kept."""
    if refresh_token != kept:
        revoke_quietly(outside, client, refresh_token)


def _reach(outside: Outside, business_id: int, client: ApiClient, token: Token, held: str) -> Organization:
    """The organization `held`, as the new login sees it; Refusal if it doesn't, or if it can't be used any more."""
    keeper = _FreshToken(token.access_token)
    try:
        found = outside.choices(client.datacenter, "", keeper).organizations()
    except OutsideError as error:
        raise Refusal(f"{error} Nothing was changed. Press Reconnect to try again.", detail=error.detail) from error
    organization = next((one for one in found if one.id == held and one.active), None)
    if organization is None:
        with read() as session:
            row = of_business(session, business_id, SIDE)
        name = (row.account_name if row else None) or "the organization"
        raise Refusal(
            f"This Zoho sign-in can't reach {name}, to which this business's books belong, so nothing was changed. "
            f"Press Reconnect and sign in as somebody who may use {name}."
        )
    check_usable(organization)
    return organization


def _store_login(outside: Outside, row: Connection, client: ApiClient, token: Token, status: str) -> None:
    row.status, row.since, row.place = status, outside.clock.now(), client.datacenter
    row.client_id, row.client_secret = client.client_id, client.client_secret
    row.secret, row.access_token, row.access_expires_at = token.refresh_token, token.access_token, token.expires_at
    row.granted_scopes, row.refreshing_until = list(token.scopes), None
    row.trouble = row.trouble_detail = None


class _FreshToken:
    """The TokenKeeper of a login that isn't stored yet."""

    def __init__(self, value: str) -> None:
        self._value = value

    def current(self) -> str:
        return self._value

    def renew(self, rejected: str) -> str:
        raise NotConnected("Zoho turned down the sign-in it has just given.")


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
