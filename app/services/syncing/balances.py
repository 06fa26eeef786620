"""Balances: how the clearing account came from its opening balance to the one last read, for a person to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.clearing import RollForward, roll_forward
from app.domain.money import Money
from app.services.business import settings
from app.services.proving.snapshots import moved_of
from app.store import snapshots
from app.store.db import read


@dataclass(frozen=True)
class ProofView:
    """The roll-forward of the clearing account as of `taken_at`; `provider` is what HitPay said then, if it did."""

    account_id: str
    account_name: str
    opened_on: datetime
    taken_at: datetime
    forward: RollForward
    provider: Money | None


def view(business_id: int) -> ProofView | None:
    """The newest roll-forward of the clearing account in use, None until both balances were read."""
    rules = settings.current_rules(business_id)
    if rules is None:
        return None
    with read() as session:
        opening = snapshots.opening_of(session, business_id, rules.bank_account)
        latest = snapshots.latest_of(session, business_id, rules.bank_account)
        if opening is None or latest is None:
            return None
        moved = [moved_of(one) for one in snapshots.sums_of(session, latest.id)]
    currency = latest.currency
    return ProofView(
        account_id=rules.bank_account,
        account_name=rules.name_of(rules.bank_account),
        opened_on=opening.taken_at,
        taken_at=latest.taken_at,
        forward=roll_forward(
            Money.from_minor(opening.books_minor, currency), moved, Money.from_minor(latest.books_minor, currency)
        ),
        provider=None if latest.provider_minor is None else Money.from_minor(latest.provider_minor, currency),
    )


def differs(business_id: int) -> bool:
    """Whether the newest roll-forward doesn't tie out."""
    newest = view(business_id)
    return newest is not None and bool(newest.forward.residual)
