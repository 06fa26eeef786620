"""What becomes of a payout: the rules, each with the payout that shows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.domain.charges import Payout, PayoutMember
from app.domain.documents import Transfer
from app.domain.fates import Fate, remedy_for, sentence_for
from app.domain.money import Money
from app.domain.payouts import Settled, SettledRefund, plan_payouts
from app.domain.planning import Plan, PlanFacts
from app.domain.rules import Rules, RulesVersion
from app.domain.windows import Window
from tests.domain.test_planning import OPENED, RULES, facts

MADE = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)  # 10:00 in Singapore
MAPPED = msgspec.structs.replace(RULES, payout_account="bank")
IN_BOOKS = Settled(fate=Fate.POSTED, net=Money.of("95.85", "SGD"))


def payout(amount: str = "95.85", *charges: str, at: datetime = MADE, currency: str = "SGD") -> Payout:
    """One of HitPay's over these charges (none named: "c1"), each listed as bringing 95.85 and made just before."""
    listed = tuple(
        PayoutMember(charge_id=one, created_at=at - timedelta(hours=1), net=Money.of("95.85", "SGD"))
        for one in charges or ("c1",)
    )
    return Payout(id="p1", amount=Money.of(amount, currency), created_at=at, paid_at=at, members=listed)


def with_rules(*versions: Rules, **changes: Any) -> PlanFacts:
    """Facts of a business whose settings were these, one after the other, a day apart."""
    made = tuple(RulesVersion(OPENED + timedelta(days=number), rules) for number, rules in enumerate(versions))
    return facts(versions=made, **changes)


def planned(one: Payout, given: PlanFacts | None = None, **settled: Settled) -> Plan:
    return plan_payouts([one], settled, given or with_rules(MAPPED))


def rule_for(one: Payout, given: PlanFacts | None = None, **settled: Settled) -> tuple[str, str]:
    (decision,) = planned(one, given, **settled).decisions
    return decision.rule, decision.detail


def test_payout_that_ties_is_one_transfer_from_clearing_to_the_bank() -> None:
    summed = msgspec.structs.replace(IN_BOOKS, fate=Fate.IN_SUMMARY)
    made = planned(payout("191.70", "c1", "c2"), c1=IN_BOOKS, c2=summed)

    assert made.documents == (
        Transfer(
            reference="HPP-p1",
            date=date(2026, 11, 12),
            amount=Money.of("191.70", "SGD"),
            from_account_id="clearing",
            to_account_id="bank",
            description="HitPay payout of 2 charges",
        ),
    )
    assert [(one.key, one.movement_ids, one.after) for one in made.sets] == [("HPP-p1", ("p1",), "")]
    assert [one.rule for one in made.decisions] == ["documents"]


def test_transfer_is_dated_the_local_day_of_the_payout() -> None:
    (transfer,) = planned(payout(at=datetime(2026, 11, 12, 16, 30, tzinfo=UTC)), c1=IN_BOOKS).documents

    assert transfer.date == date(2026, 11, 13)


def test_refund_made_up_to_the_payout_is_taken_off() -> None:
    given = SettledRefund(refunded_at=MADE, home=Money.of("30.00", "SGD"), fate=Fate.POSTED)
    later = msgspec.structs.replace(given, refunded_at=MADE + timedelta(seconds=1))
    refunded = msgspec.structs.replace(IN_BOOKS, refunds=(given, later))

    assert rule_for(payout("65.85"), c1=refunded)[0] == "documents"
    assert rule_for(payout(), c1=refunded) == ("payout_differs", "posted 65.85, excluded 0.00, unexplained 30.00")


def test_payout_that_differs_by_a_cent_is_held_with_the_figures() -> None:
    assert rule_for(payout("95.84"), c1=IN_BOOKS) == (
        "payout_differs", "posted 95.85, excluded 0.00, unexplained −0.01"
    )  # fmt: skip


def test_payout_with_an_excluded_charge_is_held_with_three_figures() -> None:
    left_out = Settled(fate=Fate.EXCLUDED, net=Money.of("10.00", "SGD"))
    rule, detail = rule_for(payout("106.20", "c1", "c2"), c1=IN_BOOKS, c2=left_out)

    assert (rule, detail) == ("payout_differs", "posted 95.85, excluded 10.00, unexplained 0.35")
    assert sentence_for(rule, detail, []) == (
        "Held: what is in the books doesn't add up to it: posted 95.85, excluded 10.00, unexplained 0.35."
    )
    assert "by hand" in remedy_for(rule)


def test_payout_of_excluded_charges_only_is_excluded() -> None:
    left_out = Settled(fate=Fate.EXCLUDED, net=Money.of("95.85", "SGD"))

    assert rule_for(payout(), c1=left_out) == ("payout_of_excluded", "")
    assert rule_for(payout("95.00"), c1=left_out)[0] == "payout_differs"


def test_payout_without_any_charge_is_held() -> None:
    bare = msgspec.structs.replace(payout(), members=())

    assert rule_for(bare) == ("payout_differs", "posted 0.00, excluded 0.00, unexplained 95.85")


@pytest.mark.parametrize("fate", [Fate.WAITING, Fate.HELD, Fate.FAILED])
def test_payout_waits_for_its_charges(fate: Fate) -> None:
    rule, detail = rule_for(payout("191.70", "c1", "c2"), c1=IN_BOOKS, c2=Settled(fate=fate, net=None))

    assert (rule, detail) == ("payout_waits", "1 of which isn't in the books yet")


def test_payout_waits_for_the_refunds_in_it_and_for_no_later_ones() -> None:
    open_one = SettledRefund(refunded_at=MADE, home=Money.of("30.00", "SGD"), fate=Fate.WAITING)
    later = msgspec.structs.replace(open_one, refunded_at=MADE + timedelta(seconds=1))

    assert rule_for(payout("65.85"), c1=msgspec.structs.replace(IN_BOOKS, refunds=(open_one,)))[0] == "payout_waits"
    assert rule_for(payout(), c1=msgspec.structs.replace(IN_BOOKS, refunds=(later,)))[0] == "documents"


def test_charge_that_was_never_read_waits_inside_a_window_and_counts_as_excluded_outside() -> None:
    straddling = msgspec.structs.replace(payout("191.70", "c1", "old"), created_at=OPENED, paid_at=OPENED)
    early = msgspec.structs.replace(straddling.members[1], created_at=OPENED - timedelta(seconds=1))
    straddling = msgspec.structs.replace(straddling, members=(straddling.members[0], early))

    assert rule_for(payout("191.70", "c1", "new"), c1=IN_BOOKS)[0] == "payout_waits"
    assert rule_for(straddling, c1=IN_BOOKS) == ("payout_differs", "posted 95.85, excluded 95.85, unexplained 0.00")


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (datetime(2026, 10, 31, tzinfo=UTC), "before_sync"),
        (datetime(2026, 11, 11, tzinfo=UTC), "sync_off"),
        (datetime(2026, 11, 12, tzinfo=UTC), "documents"),
    ],
)
def test_payout_made_while_sync_was_not_on_is_left_out(at: datetime, rule: str) -> None:
    windows = (Window(OPENED, datetime(2026, 11, 10, tzinfo=UTC)), Window(datetime(2026, 11, 12, tzinfo=UTC)))

    assert rule_for(payout(at=at), with_rules(MAPPED, windows=windows), c1=IN_BOOKS)[0] == rule


def test_payout_follows_the_account_chosen_when_it_was_made() -> None:
    never, late = with_rules(RULES), with_rules(RULES, RULES, MAPPED)
    moved = with_rules(MAPPED, msgspec.structs.replace(RULES, payout_account="other bank"))
    dropped = with_rules(MAPPED, RULES)
    early = payout(at=OPENED + timedelta(hours=2))

    assert rule_for(early, never, c1=IN_BOOKS) == rule_for(early, late, c1=IN_BOOKS) == ("payout_not_mapped", "")
    assert rule_for(payout(), late, c1=IN_BOOKS)[0] == "documents"
    (to_the_other,), (to_the_old,) = (planned(early, one, c1=IN_BOOKS).documents for one in (moved, dropped))
    assert isinstance(to_the_other, Transfer)
    assert isinstance(to_the_old, Transfer)
    assert (to_the_other.to_account_id, to_the_old.to_account_id) == ("other bank", "bank")
    assert rule_for(payout(), dropped, c1=IN_BOOKS)[0] == "payout_not_mapped"


def test_settings_saved_before_payouts_were_known_have_no_account() -> None:
    stored = msgspec.to_builtins(RULES)
    del stored["payout_account"]

    assert msgspec.convert(stored, Rules).payout_account == ""


def test_payout_of_nothing_is_excluded_and_one_below_zero_is_held() -> None:
    assert rule_for(payout("0.00"))[0] == "zero_amount"
    assert rule_for(payout("-5.00"))[0] == "payout_negative"


def test_payout_in_another_currency_than_the_clearing_account_is_held() -> None:
    assert rule_for(payout("95.85", currency="USD"), c1=IN_BOOKS) == ("clearing_currency", "USD")


def test_charge_in_another_home_currency_explains_nothing() -> None:
    foreign = Settled(fate=Fate.EXCLUDED, net=Money.of("10.00", "USD"))

    assert rule_for(payout("105.85", "c1", "c2"), c1=IN_BOOKS, c2=foreign) == (
        "payout_differs", "posted 95.85, excluded 0.00, unexplained 10.00"
    )  # fmt: skip


def test_payout_in_a_locked_period_is_held() -> None:
    locked = with_rules(MAPPED, locked_until=date(2026, 11, 12))

    assert rule_for(payout(), locked, c1=IN_BOOKS) == ("locked_period", "12 Nov 2026")


def test_plan_is_the_same_whatever_the_order_of_reading() -> None:
    two = [payout(), msgspec.structs.replace(payout(), id="p2")]

    assert plan_payouts(two, {"c1": IN_BOOKS}, with_rules(MAPPED)).hash == (
        plan_payouts(two[::-1], {"c1": IN_BOOKS}, with_rules(MAPPED)).hash
    )
