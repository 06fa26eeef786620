"""Refunds: a credit note on the original invoice and its refund from the clearing account. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import msgspec

from app.domain.charges import Refund
from app.domain.days import is_closed
from app.domain.documents import CreditLine, CreditNote, CreditNoteRefund, Document
from app.domain.fates import DOCUMENTS, RULES, SUMMARY, Fate
from app.domain.individual import sales_customer
from app.domain.money import Money, exchange_rate, total
from app.domain.planning import Decision, DocumentSet, Plan, PlanFacts
from app.domain.references import for_refund, for_refund_day
from app.domain.rules import Rules
from app.domain.zones import accounting_date


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a refund's charge.

    `decision` as taken on the charge (None: none yet), `reference` of the set it was posted in ("" if in none).
    `refunds_before` are the refunds of it that were planned earlier.
    """

    charge_id: str
    decision: str | None
    reference: str
    gross: Money
    home: Money
    order: str = ""
    refunds_before: tuple[Refund, ...] = ()


class _Planned(msgspec.Struct, frozen=True):
    """A refund that gets documents: its sale, and the home amount that leaves the clearing account for it."""

    refund: Refund
    sale: Sale
    day: date
    home: Money


def plan_refunds(
    refunds: Sequence[Refund], sales: Mapping[str, Sale], facts: PlanFacts, sets_before: Mapping[str, int]
) -> Plan:
    """One decision per refund and the document sets of those that get any.

    A refund follows the documents its sale was posted in, whatever the mode is now. `sets_before` holds, for each
    refund day's reference that exists, the number of its last set.
    """
    decisions: list[Decision] = []
    planned: list[_Planned] = []
    before = {charge_id: list(sale.refunds_before) for charge_id, sale in sales.items()}
    for refund in sorted(refunds, key=lambda one: (one.refunded_at, one.id)):
        sale = sales[refund.charge_id]
        day = accounting_date(refund.refunded_at, facts.zone)
        not_now = _not_now(refund, sale, day, facts)
        if not_now:
            decisions.append(not_now)
            continue
        home = _home(refund, sale, before[sale.charge_id])
        planned.append(_Planned(refund, sale, day, home))
        before[sale.charge_id].append(refund)
        decisions.append(Decision(refund.id, sale.decision or DOCUMENTS))
    sets = (*_single_sets(planned, facts.rules), *_day_sets(planned, facts.rules, sets_before))
    return Plan(sets, tuple(decisions))


def _not_now(refund: Refund, sale: Sale, day: date, facts: PlanFacts) -> Decision | None:
    if sale.decision not in (DOCUMENTS, SUMMARY):
        excluded = sale.decision is not None and RULES[sale.decision].fate is Fate.EXCLUDED
        return Decision(refund.id, "refund_of_excluded" if excluded else "refund_waits")
    if sale.decision == SUMMARY and not is_closed(day, facts.zone, facts.read_through):
        return Decision(refund.id, "day_open", f"after 00:30 on {day + timedelta(days=1):%-d %b %Y}")
    return Decision(refund.id, "locked_period", facts.locked_words()) if facts.is_held(day) else None


def _home(refund: Refund, sale: Sale, before: Sequence[Refund]) -> Money:
    return home_shares(sale.gross, sale.home, [*(one.amount for one in before), refund.amount])[-1]


def home_shares(gross: Money, home: Money, amounts: Sequence[Money]) -> list[Money]:
    """What each of a charge's refunds takes of its home amount, in the order of `amounts`.

    At the charge's own rate, never more than is left; what completes the charge takes the home cents that are left.
    """
    left, refunded, shares = home, Money.of(0, gross.currency), list[Money]()
    for amount in amounts:
        refunded += amount
        share = Money.rounded(amount.amount * home.amount / gross.amount, home.currency)
        shares.append(left if refunded == gross or share.amount > left.amount else share)
        left -= shares[-1]
    return shares


def rate_of(home: Money | None, amount: Money, gross: Money, whole: Money) -> Decimal | None:
    """The rate that takes `home` for `amount`; the charge's own where rounding left no cent, for nought is no rate."""
    if home is None:
        return None
    return exchange_rate(home, amount) if home else exchange_rate(whole, gross)


def _single_sets(planned: Sequence[_Planned], rules: Rules) -> Iterator[DocumentSet]:
    for one in planned:
        if one.sale.decision == DOCUMENTS:
            reference = for_refund(one.refund.id)
            yield _set(reference, one.day, [one], rules)


def _day_sets(planned: Sequence[_Planned], rules: Rules, sets_before: Mapping[str, int]) -> Iterator[DocumentSet]:
    def day_and_invoice(one: _Planned) -> tuple[date, str]:
        return one.day, one.sale.reference

    members = sorted((one for one in planned if one.sale.decision == SUMMARY), key=day_and_invoice)
    for (day, sale_reference), some in groupby(members, key=day_and_invoice):
        number = sets_before.get(for_refund_day(day, sale_reference, 1), 0) + 1
        yield _set(for_refund_day(day, sale_reference, number), day, list(some), rules)


def _set(reference: str, day: date, members: Sequence[_Planned], rules: Rules) -> DocumentSet:
    sale, currency = members[0].sale, members[0].refund.amount.currency
    amount = total((one.refund.amount for one in members), currency)
    foreign = sale.home.currency != currency
    home = total((one.home for one in members), sale.home.currency) if foreign else None
    rate = rate_of(home, amount, sale.gross, sale.home)
    note = CreditNote(
        reference=reference,
        date=day,
        customer_name=sales_customer(currency),
        currency=currency,
        lines=tuple(CreditLine(description=_words(one), amount=one.refund.amount) for one in members),
        account_id=rules.refund_account,
        sale_reference=sale.reference,
        exchange_rate=rate,
        home=home,
    )
    money = CreditNoteRefund(
        reference=reference,
        date=day,
        amount=amount,
        account_id=rules.bank_account,
        description=f"HitPay refund of {sale.reference}",
        exchange_rate=rate,
        home=home,
    )
    documents: tuple[Document, ...] = (note, money)
    return DocumentSet(reference, documents, tuple(one.refund.id for one in members), after=sale.reference)


def _words(one: _Planned) -> str:
    order = f" (order {one.sale.order})" if one.sale.order else ""
    return f"Refund of HitPay charge {one.sale.charge_id}{order}"
