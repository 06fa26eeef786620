"""The forecast: the calls that a run will ask of Zoho Books, and whether today's are enough for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

import sqlalchemy as sa

from app.domain.call_budget import Budget, Forecast, cap_warning, minutes_for
from app.domain.documents import Expense, ExpenseRefund, Invoice, Transfer
from app.domain.effects import State
from app.services.business import settings
from app.services.connections import books_connection, call_budget
from app.services.outside import Outside
from app.services.planning.plans import Preview
from app.services.proving import snapshots
from app.services.writing.posting import BATCH
from app.store.connections import learned
from app.store.db import read
from app.store.outbox import Effect


@dataclass(frozen=True)
class LimitsView:
    """What the status page says of limits. `waiting` counts planned documents; "" where there is nothing to warn of."""

    forecast: Forecast
    waiting: int
    budget: Budget
    cap: str


def of_preview(outside: Outside, business_id: int, made: Preview) -> Forecast:
    """What the previewed run takes when it is asked for by hand or by command."""
    books = books_connection.books_of(outside, business_id)
    calls = _writing(books.target, books.currency, made) + _looking(outside, business_id, by_hand=True)
    calls += bool(made.sets)  # the lock date
    rules = settings.current_rules(business_id)
    if rules is not None and snapshots.is_due(outside, business_id, rules.bank_account):
        calls += 1
    return _forecast(outside, calls, call_budget.budget(outside, books.target))


def of_status(outside: Outside, business_id: int) -> LimitsView | None:
    """What is known without asking anybody: what is planned and in doubt now. None without an organization."""
    organization = books_connection.view(outside, business_id).organization_id
    if not organization:
        return None
    target = f"{books_connection.KIND}:{organization}"
    with read() as session:
        waiting: int = session.scalar(_count(business_id, State.PLANNED)) or 0
    budget = call_budget.budget(outside, target)
    calls = waiting + _looking(outside, business_id, by_hand=False)
    return LimitsView(_forecast(outside, calls, budget), waiting, budget, _cap(outside, business_id, target))


def _forecast(outside: Outside, calls: int, budget: Budget) -> Forecast:
    return Forecast(calls=calls, minutes=minutes_for(calls, outside.calls_per_minute), budget=budget)


def _writing(target: str, base_currency: str, made: Preview) -> int:
    """One call a document; on top the customers to be made, the list of currencies, and drafts to be marked as sent."""
    with read() as session:
        known = learned(session, target)
    documents = [document for _key, document in made.in_order]
    invoices = [one for one in documents if isinstance(one, Invoice)]
    new = {one.customer_name for one in invoices if f"customer:{one.customer_name}" not in known}
    bare = (one for one in documents if isinstance(one, Expense | ExpenseRefund | Transfer))
    named = bool(new) or any(one.total.currency != base_currency for one in bare)
    marked = ceil(len(invoices) / BATCH) if known.get("draft_accepts_payment") == "no" else 0
    return len(documents) + 2 * len(new) + named + marked


def _looking(outside: Outside, business_id: int, *, by_hand: bool) -> int:
    """Look-ups that are due; a person's sync also looks up what is held."""
    due = sa.or_(Effect.not_before.is_(None), Effect.not_before <= outside.clock.now())
    with read() as session:
        doubtful: int = session.scalar(_count(business_id, State.IN_DOUBT).where(due)) or 0
        not_locked = sa.func.coalesce(Effect.held_by, "") != "locked"
        held: int = (session.scalar(_count(business_id, State.HELD).where(not_locked)) or 0) if by_hand else 0
    return doubtful + held


def _count(business_id: int, state: State) -> sa.Select[Any]:
    return sa.select(sa.func.count()).where(Effect.business_id == business_id, Effect.state == state.value)


def _cap(outside: Outside, business_id: int, target: str) -> str:
    plan = call_budget.plan_of(target)
    if not cap_warning(plan, 10**9, 0):
        return ""  # a plan without a known cap: nothing to count
    now = outside.clock.now()

    def made_within(days: int) -> int:
        wanted = _count(business_id, State.DONE).where(
            Effect.action == "create_invoice", Effect.done_at > now - timedelta(days=days)
        )
        with read() as session:
            return int(session.scalar(wanted) or 0)

    return cap_warning(plan, made_within(365), made_within(30))
