"""Status: what a person wants to know of a business, as one row of ready figures and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.day_chart import DayChart
from app.domain.fates import Fate
from app.domain.headline import Situation, headline
from app.services.business import settings
from app.services.business.businesses import BusinessView
from app.services.connections import books_connection, provider_connection
from app.services.connections.books_connection import BooksView
from app.services.connections.provider_connection import ProviderView
from app.services.outside import Outside
from app.services.planning import locks
from app.services.showing import audits, checklist, days, forecast, tallies
from app.services.showing.audits import AuditView
from app.services.showing.checklist import Checklist
from app.services.showing.forecast import LimitsView
from app.services.showing.tallies import LeftOut, Tally
from app.services.syncing import balances, clockwork, runs
from app.services.syncing.balances import ProofView
from app.services.syncing.runs import RunView


@dataclass(frozen=True)
class StatusView:
    """The status page. `headline` answers "is everything in?" in one sentence; `next_step` is "" when set up.

    `tallies` are of sales and their refunds, `payouts` of payouts: they would count the same money twice.
    """

    headline: str
    tone: str
    next_step: str
    provider: ProviderView
    books: BooksView
    sync_enabled: bool
    grouping: str
    last_sync: datetime | None
    current: RunView | None
    newest: RunView | None
    latest: list[RunView]
    next_manual: datetime | None
    next_daily: datetime | None
    tallies: dict[str, Tally]
    proof: ProofView | None
    payouts: dict[str, Tally]
    left_out: tuple[LeftOut, ...]
    chart: DayChart | None
    locked_until: date | None
    audit: AuditView | None
    checklist: Checklist | None
    limits: LimitsView | None


def view(outside: Outside, business: BusinessView, run_count: int = 5) -> StatusView:
    """The status of a business now."""
    provider = provider_connection.view(outside, business.id)
    books = books_connection.view(outside, business.id)
    next_step = runs.why_not_ready(outside, business.id)
    possible = runs.next_manual(business.id)
    counted = tallies.of_business(business.id)
    sales, payouts = counted.sales, counted.payouts
    last = runs.last_success(business.id)
    newest = runs.latest(outside, business.id, 2)
    current = settings.current_input(business.id)
    first = headline(
        Situation(
            next_step="" if next_step == runs.ENABLE_FIRST else next_step,
            sync_on=current.sync_enabled,
            provider_status=provider.status,
            books_status=books.status,
            waiting=sales[Fate.WAITING].count,
            needs_person=sales[Fate.HELD].count + sales[Fate.FAILED].count,
            payouts_needing=payouts[Fate.HELD].count + payouts[Fate.FAILED].count,
            left_out=sales[Fate.EXCLUDED].count,
            records=sum(tally.count for tally in sales.values()),
            last_outcome=next((run.outcome for run in newest if not run.live), ""),
            last_sentence=next((run.sentence for run in newest if not run.live), ""),
            ever_synced=last is not None,
        )
    )
    return StatusView(
        headline=first.sentence,
        tone=first.tone,
        next_step=next_step,
        provider=provider,
        books=books,
        sync_enabled=current.sync_enabled,
        grouping=current.grouping,
        last_sync=last,
        current=runs.current(outside, business.id),
        newest=newest[0] if newest else None,
        latest=runs.eventful(outside, business.id, run_count),
        next_manual=possible if possible and possible > outside.clock.now() else None,
        next_daily=clockwork.next_daily(business.id, outside.clock.now()),
        tallies=sales,
        proof=balances.view(business.id),
        payouts=payouts,
        left_out=counted.left_out,
        chart=days.chart(business.id, outside.clock.now(), business.time_zone),
        locked_until=locks.last_known(books_connection.target_of(books.organization_id)),
        audit=audits.newest(business.id),
        checklist=checklist.view(outside, business),
        limits=forecast.of_status(outside, business.id),
    )
