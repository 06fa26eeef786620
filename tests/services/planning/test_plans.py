"""Plans: a preview writes nothing, and the run after it does exactly what it said."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from app.ports import NotConnected, OutsideError
from app.services.connections import books_connection
from app.services.planning import plans
from app.simulator.trade import Options
from app.simulator.zoho_books.organizations import set_lock_date
from tests.shop import ACCOUNT, Shop

WHOLE = ("businesses", "settings_versions", "sync_windows", "connections", "movements", "movement_versions", "effects",
         "effect_movements", "attempts", "learned", "runs", "leases", "oauth_states", "users")  # fmt: skip
KIND = {"invoice": "invoices", "customer_payment": "customerpayments", "expense": "expenses"}
MIXED = Options(manual=0.05, void=0.03, unpaid=0.08)


@pytest.fixture
def traded(ready: Shop) -> Shop:
    """A day of mixed trade waits to be posted."""
    day = ready.next_day()
    ready.world.trade(ACCOUNT, day, day, 3, 12, MIXED)
    return ready


def preview(shop: Shop) -> plans.Preview:
    return plans.preview(shop.outside, shop.business)


def written(shop: Shop) -> Counter[tuple[str, str]]:
    truth = shop.truth()["documents"]
    return Counter((kind, row["reference_number"]) for kind in KIND.values() for row in truth[kind])


def test_preview_writes_nothing_here_or_outside(traded: Shop) -> None:
    preview(traded)  # the token is renewed by now
    before, calls = traded.hashes(*WHOLE), list(traded.line.calls)
    for _look in range(2):
        assert preview(traded).documents
    assert traded.hashes(*WHOLE) == before
    assert {method for method, _address in traded.line.calls[len(calls) :]} == {"GET"}
    assert written(traded) == Counter()


def test_run_after_a_preview_does_exactly_what_it_said(traded: Shop) -> None:
    said = preview(traded)
    run = traded.sync()
    assert run.outcome == "fine"
    assert run.plan_hash == said.plan_hash
    assert written(traded) == Counter((KIND[row["type"]], row["reference"]) for row in said.documents)
    assert len(said.documents) == run.counts["posted"]


@pytest.mark.parametrize("grouping", ["bulk", "individual"])
def test_preview_after_a_run_says_that_nothing_is_left(traded: Shop, grouping: str) -> None:
    traded.save(grouping=grouping)
    traded.sync()
    assert preview(traded).documents == []


def test_preview_counts_charges_known_already_and_new_ones_once(traded: Shop) -> None:
    set_lock_date(traded.simulator, traded.organization, "2026-12-31")
    assert traded.sync().counts["posted"] == 0  # all are known now, and held
    traded.clock.advance(timedelta(minutes=5))
    traded.world.new_sale(ACCOUNT)
    set_lock_date(traded.simulator, traded.organization, None)
    said = preview(traded)
    assert len({row["id"] for row in said.movements}) == len(said.movements)
    run = traded.sync()
    assert (run.plan_hash, run.counts["posted"]) == (said.plan_hash, len(said.documents))


def test_preview_follows_the_lock_date_as_the_run_does(traded: Shop) -> None:
    set_lock_date(traded.simulator, traded.organization, "2026-12-31")
    said = preview(traded)
    assert said.documents == []
    assert {row["fate"] for row in said.movements} >= {"held"}
    assert traded.sync().plan_hash == said.plan_hash


def test_preview_holds_the_corrections_that_the_run_finds(traded: Shop) -> None:
    """A sale that became void and a fee that changed since the last run, which only the next reading tells."""
    traded.sync()
    posted = {row["reference_number"] for row in traded.documents("invoices")}
    first, second = [row for row in traded.world.charges(ACCOUNT) if f"HP-{row['id']}" in posted][:2]
    traded.clock.advance(timedelta(minutes=5))
    traded.world.change_charge(first["id"], status="void")
    traded.world.change_charge(second["id"], discount_fee=second["discount_fee"] + 1)
    said = preview(traded)
    assert f"HPV-{first['id']}" in {row["reference"] for row in said.documents}
    assert f"HP-{second['id']}-F1" in {row["reference"] for row in said.documents}
    run = traded.sync()
    assert (run.plan_hash, run.counts["posted"]) == (said.plan_hash, len(said.documents))


def test_preview_with_another_grouping_has_another_plan(traded: Shop) -> None:
    one = preview(traded).plan_hash
    assert preview(traded).plan_hash == one
    traded.save(grouping="bulk")
    assert preview(traded).plan_hash != one


def test_preview_tells_the_fate_of_every_charge(traded: Shop) -> None:
    said = preview(traded)
    traded.sync()
    posted = {row["id"] for row in said.movements if row["says"] == "Would go to Zoho Books."}
    assert {f"HP-{key}" for key in posted} == {row["reference_number"] for row in traded.documents("invoices")}
    assert all(row["says"] for row in said.movements)


def test_preview_without_a_working_login_is_an_error_and_writes_nothing(traded: Shop) -> None:
    traded.line.spoil("GET", "/hitpay/v1/charges", b"", status=503)
    before = traded.hashes(*WHOLE)
    with pytest.raises(OutsideError, match=r"HitPay has an error of its own"):
        preview(traded)
    traded.line.mend()
    books_connection.disconnect(traded.outside, traded.business)
    before = traded.hashes(*WHOLE)
    with pytest.raises(NotConnected):
        preview(traded)
    assert traded.hashes(*WHOLE) == before
