"""Guards: a field that refuses doubles is found by its definition, sent with each document, and keeps two installs from
writing the same one twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import upgrade

from app import create_app, wiring
from app.services.connections import books_connection
from app.services.refusals import Refusal
from app.services.showing import guards as guarding
from app.services.writing import guards
from app.services.writing.guards import GuardsView
from app.simulator.zoho_books.custom_fields import create_custom_field, delete_custom_field
from app.simulator.zoho_books.organizations import book_of
from app.store.db import db
from tests.conftest import config_for
from tests.shop import ACCOUNT, SIMULATOR_URL, Shop

KINDS = ("invoices", "customer_payments", "expenses", "credit_notes")
LISTS = ("invoices", "customerpayments", "expenses", "creditnotes", "creditnote_refunds")


def make_fields(shop: Shop, *, unique: bool = True) -> None:
    """What the steps on the Zoho Books page tell a person to do."""
    book = book_of(shop.simulator, shop.organization)
    with shop.simulator.state.transaction():
        for kind in KINDS:
            create_custom_field(book, kind, guards.FIELD_LABEL, guards.FIELD_NAME, unique)


def shown(shop: Shop) -> GuardsView:
    view = guarding.view(shop.business, books_connection.view(shop.outside, shop.business))
    assert view is not None
    return view


def levels(shop: Shop) -> list[str]:
    return [one.level for one in shown(shop).kinds]


def sell(shop: Shop) -> dict[str, object]:
    shop.clock.advance(timedelta(minutes=1))
    return shop.world.add_charge(ACCOUNT)


def settle(*shops: Shop) -> None:
    for _round in range(3):
        shops[0].clock.advance(timedelta(minutes=11))
        for shop in shops:
            with shop.app.app_context():
                shop.sync()


@contextmanager
def second_install(shop: Shop, folder: Path) -> Iterator[Shop]:
    """Another install with a database of its own, on the same accounts, as a forgotten test server is."""
    folder.mkdir()
    config = config_for(folder / "other.sqlite3", simulator_url=SIMULATOR_URL)
    outside = wiring.build(config, shop.clock, {"https://": shop.line, "http://": shop.line, SIMULATOR_URL: shop.line})
    app = create_app(config, outside)
    with app.app_context():
        upgrade()
        other = Shop(app, outside, shop.clock, shop.simulator, shop.keys, shop.transport, line=shop.line)
        other.set_up()
        guards.check(outside, other.business)
    yield other
    with app.app_context():
        db.engine.dispose()


def doubles(shop: Shop) -> dict[str, int]:
    """References that stand in the books more than once, by kind."""
    documents = shop.truth()["documents"]
    counts = {kind: Counter(row["reference_number"] for row in documents[kind]) for kind in LISTS}
    return {kind: sum(number > 1 for number in counted.values()) for kind, counted in counts.items()}


def test_every_kind_begins_with_the_look_up(ready: Shop) -> None:
    assert set(levels(ready)) == {"look_up"}
    assert "doubled" in shown(ready).kinds[0].risk
    assert shown(ready).checked_at is None


def test_check_finds_unique_fields_and_makes_no_document(ready: Shop) -> None:
    make_fields(ready)
    before = len(ready.line.calls)
    assert guards.check(ready.outside, ready.business) == ["Invoice", "Customer payment", "Expense", "Credit note"]
    assert {method for method, _address in ready.line.calls[before:]} <= {"GET"}
    assert levels(ready) == ["unique", "unique", "unique", "unique", "look_up", "look_up", "look_up"]
    assert shown(ready).raisable == []


def test_field_that_allows_doubles_is_no_guard(ready: Shop) -> None:
    make_fields(ready, unique=False)
    assert guards.check(ready.outside, ready.business) == []
    assert set(levels(ready)) == {"look_up"}


def test_fields_that_cannot_be_read_leave_the_guards_as_they_were(ready: Shop) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    ready.line.spoil("GET", "/settings/fields", b"", status=500)
    with pytest.raises(Refusal, match="could not be read"):
        guards.check(ready.outside, ready.business)
    assert levels(ready)[0] == "unique"


def test_reference_is_sent_in_the_unique_field(ready: Shop) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    sale = sell(ready)
    assert ready.sync().outcome == "fine"
    for kind in LISTS[:3]:
        (row,) = ready.documents(kind)
        assert [one["value"] for one in row["custom_fields"]] == [f"HP-{sale['id']}"], kind


def test_two_installs_on_one_organization_make_no_double_of_a_guarded_kind(ready: Shop, tmp_path: Path) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    with second_install(ready, tmp_path / "other") as other:
        sale = sell(ready)
        settle(ready, other)  # past the first look of both
        for _sale in range(3):
            sell(ready)
            ready.sync()
            with other.app.app_context():
                other.sync()
        ready.clock.advance(timedelta(minutes=5))
        ready.world.refund(str(sale["id"]))
        settle(other, ready)
        counted = doubles(ready)
        assert ready.counts() == (4, 4, 4)
        assert {kind: counted[kind] for kind in LISTS[:4]} == dict.fromkeys(LISTS[:4], 0)
        with other.app.app_context():
            assert set(other.effects().values()) == {"done"}
        assert set(ready.effects().values()) == {"done"}


def test_refused_double_is_looked_up_and_adopted_never_overwritten(ready: Shop, tmp_path: Path) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    with second_install(ready, tmp_path / "other") as other:
        sell(ready)
        settle(ready, other)
        sell(ready)
        ready.sync()
        before = ready.documents("invoices")
        with other.app.app_context():
            other.sync()
            assert other.effects()["create_invoice"] == "in_doubt"
        settle(other)
        assert ready.documents("invoices") == before
        with other.app.app_context():
            assert other.effects()["create_invoice"] == "done"


def test_late_landing_beyond_the_look_ups_is_no_double_under_the_unique_field(ready: Shop) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    sell(ready)
    ready.fault("create_expense", "late", seconds=3600.0)
    ready.sync()
    settle(ready)
    ready.clock.advance(timedelta(hours=2))
    settle(ready)
    assert ready.counts() == (1, 1, 1)
    assert set(ready.effects().values()) == {"done"}


def test_one_empty_look_up_is_enough_under_the_unique_field(ready: Shop) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    sell(ready)
    ready.fault("create_expense", "lost_before_apply")
    ready.sync()
    ready.clock.advance(timedelta(minutes=6))
    ready.sync("look_up")
    assert ready.counts() == (1, 1, 1)


def test_field_deleted_in_zoho_books_costs_the_guard_and_nothing_else(ready: Shop) -> None:
    make_fields(ready)
    guards.check(ready.outside, ready.business)
    book = book_of(ready.simulator, ready.organization)
    with ready.simulator.state.transaction():
        for kind in KINDS:
            delete_custom_field(book, kind, guards.FIELD_NAME)
    sell(ready)
    assert ready.sync().outcome == "fine"
    assert ready.counts() == (1, 1, 1)
    assert levels(ready)[:3] == ["look_up"] * 3
