"""Offers: what a person's press on Sync Now gives another try, though Zoho Books or Tieout had stopped it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.domain.clearing import moved_by
from app.domain.documents import Document
from app.domain.effects import State
from app.domain.options import moved
from app.domain.rules import Rules
from app.services.writing.work import Work
from app.store import outbox, written
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


Sendable = list[tuple[Effect, Mapping[str, Any]]]
"""Effects, each with what would be sent now."""


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


def offer_group(session: Session, effect: Effect, open_day: date | None = None) -> None:
    """Plan what was refused or stopped by a lock in the set of one effect once more, as `offer_again` does for all."""
    for one, payload in sendable(session, effect.business_id, effect.target, open_day):
        if one.group_key == effect.group_key:
            one.state, one.not_before, one.held_by, one.trouble = State.PLANNED.value, None, None, None
            _exchange(one, payload)


def sendable(session: Session, business_id: int, target: str, open_day: date | None = None) -> Sendable:
    """Everything that is planned, refused or stopped by a lock, in order, each with what would be sent now.

    What was refused, and what waits for it, takes the accounts and the item that are chosen now; where something was
    refused, every invoice not yet written takes the tax and the numbering of now. What lies in a locked period is dated
    `open_day` if given.
    """
    found = outbox.in_states(session, business_id, target, [State.PLANNED, State.REFUSED, State.HELD])
    again = [one for one in found if State(one.state) is not State.HELD or one.held_by == "locked"]
    organization = held_organization(session, business_id)
    rules = [msgspec.convert(row.rules, Rules) for row in versions(session, business_id, organization)]
    refused = {one.group_key for one in again if State(one.state) is State.REFUSED}
    ids = _chosen_since(rules) if refused else {}
    sendable_now = [(one, _with_ids(one.payload, ids) if one.group_key in refused else one.payload) for one in again]
    if refused and rules:
        sendable_now = _with_tax(session, business_id, sendable_now, rules[-1])
    return [(one, _moved(payload, open_day) if open_day else payload) for one, payload in sendable_now]


def _with_tax(session: Session, business_id: int, rows: Sendable, rules: Rules) -> Sendable:
    """Invoices that weren't written yet bear the tax that is chosen now, and credit notes what their invoices bear."""
    waiting = {one.reference for one, _payload in rows if one.action == "create_invoice"}
    notes = {payload["sale_reference"] for one, payload in rows if one.action == "create_credit_note"}
    taxes = written.invoice_taxes(session, business_id, sorted(notes - waiting)) | dict.fromkeys(waiting, rules.tax)
    number = {one.id: one.reference if rules.own_numbers else "" for one, _payload in rows}
    return [
        (one, {**payload, "tax": taxes.get(payload.get("sale_reference", one.reference), ""), "number": number[one.id]})
        if one.action in ("create_invoice", "create_credit_note")
        else (one, payload)
        for one, payload in rows
    ]


def locked_ones(business_id: int, target: str) -> bool:
    """Whether a lock stopped something, or may stop what was planned earlier."""
    with read() as session:
        left = outbox.in_states(session, business_id, target, [State.HELD, State.PLANNED])
        return any(one.held_by == "locked" or State(one.state) is State.PLANNED for one in left)


def _moved(payload: Mapping[str, Any], open_day: date) -> Mapping[str, Any]:
    document = msgspec.convert(payload, Document, strict=False)
    if document.date >= open_day:
        return payload
    again: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(moved(document, open_day)))
    return again


def _chosen_since(known: Sequence[Rules]) -> dict[str, dict[str, str]]:
    """By field: for every account and item that was ever chosen for it, the one that is chosen now."""
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
