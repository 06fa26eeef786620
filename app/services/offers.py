"""Offers: what a person's press on Sync Now gives another try, though Zoho Books or Tieout had stopped it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.domain.clearing import moved_by
from app.domain.documents import Document
from app.domain.effects import State
from app.domain.options import moved
from app.domain.rules import Rules
from app.services.work import Work
from app.store import outbox
from app.store.connections import held_organization
from app.store.db import read, write
from app.store.outbox import Effect
from app.store.settings import versions

_CHOSEN = ("sales_account", "fee_account", "refund_account", "bank_account", "default_item")
_NAMING = dict.fromkeys(
    ("item_id", "account_id", "paid_through_account_id", "deposit_to_account_id", "from_account_id"), _CHOSEN
) | {"to_account_id": ("payout_account",)}
"""The fields of documents that hold ids, and the settings they may come of. A bank account may be what money passes
through in one version of the settings and where payouts arrive in another, so the two are kept apart."""


def offer_again(work: Work, open_day: date | None = None) -> None:
    """Plan refused effects once more, and look held ones up once more.

    A refusal, and a locked period, mean that nothing was written: it may be sent again, a refused one with the
    accounts chosen by now. Everything else that is held may be in the books, so it is only looked up.
    """
    business_id, now = work.lease.business_id, work.outside.clock.now()
    with write() as session:
        work.lease.guard(session)
        for effect, payload in sendable(session, business_id, work.target, open_day):
            effect.state, effect.not_before, effect.held_by = State.PLANNED.value, None, None
            _exchange(effect, payload)
        for effect in outbox.in_states(session, business_id, work.target, [State.HELD]):
            effect.state, effect.doubted_at, effect.empty_lookups = State.IN_DOUBT.value, now, 0
            effect.not_before = effect.held_by = None


def sendable(
    session: Session, business_id: int, target: str, open_day: date | None = None
) -> list[tuple[Effect, Mapping[str, Any]]]:
    """Everything that is planned, refused or stopped by a lock, in order, each with what would be sent now.

    What was refused, and what waits for it, takes the accounts and the item that are chosen now. What a lock stopped
    is dated `open_day` if given.
    """
    found = outbox.in_states(session, business_id, target, [State.PLANNED, State.REFUSED, State.HELD])
    again = [one for one in found if State(one.state) is not State.HELD or one.held_by == "locked"]
    refused = {one.group_key for one in again if State(one.state) is State.REFUSED}
    locked = {one.group_key for one in again if one.held_by == "locked"} if open_day else set()
    ids = _chosen_since(session, business_id) if refused else {}
    payloads = [_with_ids(one.payload, ids) if one.group_key in refused else one.payload for one in again]
    return [
        (one, _moved(payload, open_day) if open_day and one.group_key in locked else payload)
        for one, payload in zip(again, payloads, strict=True)
    ]


def locked_ones(business_id: int, target: str) -> bool:
    """Whether a lock stopped something."""
    with read() as session:
        return any(one.held_by == "locked" for one in outbox.in_states(session, business_id, target, [State.HELD]))


def _moved(payload: Mapping[str, Any], open_day: date) -> Mapping[str, Any]:
    document = msgspec.convert(payload, Document, strict=False)
    if document.date >= open_day:
        return payload
    again: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(moved(document, open_day)))
    return again


def _chosen_since(session: Session, business_id: int) -> dict[str, dict[str, str]]:
    """By field: for every account and item that was ever chosen for it, the one that is chosen now."""
    organization = held_organization(session, business_id)
    known = [msgspec.convert(row.rules, Rules) for row in versions(session, business_id, organization)]
    return {
        name: {getattr(rules, chosen): getattr(known[-1], chosen) for rules in known for chosen in among}
        for name, among in _NAMING.items()
    }


def _exchange(effect: Effect, payload: Mapping[str, Any]) -> None:
    if payload == effect.payload:
        return
    effect.payload = dict(payload)
    effect.payload_hash = hashlib.sha256(msgspec.json.encode(payload)).hexdigest()
    document = msgspec.convert(payload, Document, strict=False)
    touched = moved_by(document)
    effect.document_date, effect.clearing_account = document.date, touched[0] if touched else None


def _with_ids(value: Any, ids: Mapping[str, Mapping[str, str]]) -> Any:
    """The payload with every id exchanged for the one chosen now; for what isn't chosen any more the old one stays."""
    if isinstance(value, dict):
        return {
            name: (ids[name].get(entry) or entry) if name in ids and isinstance(entry, str) else _with_ids(entry, ids)
            for name, entry in value.items()
        }
    return [_with_ids(entry, ids) for entry in value] if isinstance(value, list) else value
