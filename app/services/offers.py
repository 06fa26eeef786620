"""Offers: what a person's press on Sync Now gives another try, though Zoho Books or Tieout had stopped it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.domain.effects import State
from app.domain.rules import Rules
from app.services.work import Work
from app.store import outbox
from app.store.connections import held_organization
from app.store.db import write
from app.store.outbox import Effect
from app.store.settings import versions

_CHOSEN = ("sales_account", "fee_account", "refund_account", "bank_account", "default_item")
_NAMING = dict.fromkeys(
    ("item_id", "account_id", "paid_through_account_id", "deposit_to_account_id", "from_account_id"), _CHOSEN
) | {"to_account_id": ("payout_account",)}
"""The fields of documents that hold ids, and the settings they may come of. A bank account may be what money passes
through in one version of the settings and where payouts arrive in another, so the two are kept apart."""


def offer_again(work: Work) -> None:
    """Plan refused effects once more, and look held ones up once more.

    A refusal, and a locked period, mean that nothing was written: it may be sent again, a refused one with the
    accounts chosen by now. Everything else that is held may be in the books, so it is only looked up.
    """
    business_id, now = work.lease.business_id, work.outside.clock.now()
    with write() as session:
        work.lease.guard(session)
        stopped = outbox.in_states(session, business_id, work.target, [State.REFUSED, State.HELD])
        refused = [one for one in stopped if State(one.state) is State.REFUSED]
        _redirect(session, business_id, refused)
        for effect in stopped:
            if effect in refused or effect.held_by == "locked":
                effect.state = State.PLANNED.value
            else:
                effect.state, effect.doubted_at, effect.empty_lookups = State.IN_DOUBT.value, now, 0
            effect.not_before = effect.held_by = None


def _redirect(session: Session, business_id: int, refused: Sequence[Effect]) -> None:
    """Let refused effects, and what waits for them, use the accounts and the item that are chosen now."""
    organization = held_organization(session, business_id)
    known = [msgspec.convert(row.rules, Rules) for row in versions(session, business_id, organization)]
    ids = {
        name: {getattr(rules, chosen): getattr(known[-1], chosen) for rules in known for chosen in among}
        for name, among in _NAMING.items()
    }
    groups = outbox.of_groups(session, business_id, sorted({one.group_key for one in refused}))
    for effect in (one for group in groups.values() for one in group):
        if State(effect.state) in (State.REFUSED, State.PLANNED):
            _exchange(effect, ids)


def _exchange(effect: Effect, ids: Mapping[str, Mapping[str, str]]) -> None:
    changed = _with_ids(effect.payload, ids)
    if changed != effect.payload:
        effect.payload = changed
        effect.payload_hash = hashlib.sha256(msgspec.json.encode(changed)).hexdigest()


def _with_ids(value: Any, ids: Mapping[str, Mapping[str, str]]) -> Any:
    """The payload with every id exchanged for the one chosen now; for what isn't chosen any more the old one stays."""
    if isinstance(value, dict):
        return {
            name: (ids[name].get(entry) or entry) if name in ids and isinstance(entry, str) else _with_ids(entry, ids)
            for name, entry in value.items()
        }
    return [_with_ids(entry, ids) for entry in value] if isinstance(value, list) else value
