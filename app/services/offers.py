"""Offers: what a person's press on Sync Now gives another try, though Zoho Books or Tieout had stopped it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.domain.effects import State
from app.domain.rules import Rules
from app.store import outbox
from app.store.connections import held_organization
from app.store.db import write
from app.store.outbox import Effect
from app.store.settings import versions

_CHOSEN = ("sales_account", "fee_account", "refund_account", "bank_account", "default_item")
_NAMING = frozenset({"item_id", "account_id", "paid_through_account_id"})


def offer_again(business_id: int) -> None:
    """Plan refused effects once more, and look held ones up once more.

    A refusal means that nothing was written, so it may be sent again, with the accounts chosen by now. What was held
    because a look-up found it twice or changed is looked up again. A held effect that was never sent waits for
    another one's total to be right, and stays.
    """
    with write() as session:
        refused = outbox.in_states(session, business_id, [State.REFUSED])
        held = [one for one in outbox.in_states(session, business_id, [State.HELD]) if one.attempts]
        _redirect(session, business_id, refused)
        for effect in (*refused, *held):
            doubtful = State(effect.state) is State.HELD and effect.doubted_at is not None
            effect.state = (State.IN_DOUBT if doubtful else State.PLANNED).value
            effect.not_before = None


def _redirect(session: Session, business_id: int, refused: Sequence[Effect]) -> None:
    """Let refused effects, and what waits for them, use the accounts and the item that are chosen now."""
    organization = held_organization(session, business_id)
    known = [msgspec.convert(row.rules, Rules) for row in versions(session, business_id, organization)]
    ids = {getattr(rules, name): getattr(known[-1], name) for rules in known for name in _CHOSEN}
    groups = outbox.of_groups(session, business_id, sorted({one.group_key for one in refused}))
    for effect in (one for group in groups.values() for one in group):
        if State(effect.state) in (State.REFUSED, State.PLANNED):
            _exchange(effect, ids)


def _exchange(effect: Effect, ids: Mapping[str, str]) -> None:
    changed = _with_ids(effect.payload, ids)
    if changed != effect.payload:
        effect.payload = changed
        effect.payload_hash = hashlib.sha256(msgspec.json.encode(changed)).hexdigest()


def _with_ids(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: ids.get(entry, entry) if name in _NAMING and isinstance(entry, str) else _with_ids(entry, ids)
            for name, entry in value.items()
        }
    return [_with_ids(entry, ids) for entry in value] if isinstance(value, list) else value
