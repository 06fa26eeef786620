"""The preview as a person reads it: every document with its entry and every field, before it is written."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.services.showing import preview
from app.services.showing.preview import PreviewView
from app.services.syncing import runs, worker
from app.simulator.zoho_books.organizations import set_lock_date
from app.store.db import write
from app.store.outbox import Effect
from app.store.runs import Run
from tests.shop import ACCOUNT, Shop


def shown(shop: Shop, first: int = 0) -> PreviewView:
    return preview.view(shop.outside, shop.business, first)


def sell(shop: Shop, amount: str = "100.00", **changes: Any) -> dict[str, Any]:
    shop.clock.advance(timedelta(minutes=5))
    return shop.world.add_charge(ACCOUNT, amount=amount, **changes)


def test_preview_names_the_accounts_that_each_document_moves(ready: Shop) -> None:
    charge = sell(ready)
    ready.clock.advance(timedelta(minutes=5))
    ready.world.refund(charge["id"], "40.00")
    assert [(row.kind, row.entry.debit, row.entry.credit, str(row.amount)) for row in shown(ready).rows] == [
        ("Invoice", "Accounts Receivable", "Sales", "SGD 100.00"),
        ("Customer payment", "HitPay Clearing", "Accounts Receivable", "SGD 100.00"),
        ("Expense", "HitPay Fees", "HitPay Clearing", "SGD 4.15"),
        ("Credit note", "Refunds payable", "Accounts Receivable", "SGD 40.00"),
        ("Credit note refund", "Accounts Receivable", "HitPay Clearing", "SGD 40.00"),
    ]


def test_fields_shown_are_the_fields_sent(ready: Shop) -> None:
    charge = sell(ready, "75.00", currency="usd", home_currency_amount="100.37")
    ready.clock.advance(timedelta(minutes=5))
    ready.world.refund(charge["id"], "25.00")
    rows = shown(ready).rows
    sent: list[dict[str, Any]] = []

    def keep(method: str, path: str, body: bytes) -> None:
        if _creates(method, path):
            sent.append(json.loads(body, parse_float=Decimal))

    ready.line.sent = keep
    ready.sync()

    assert len(sent) == len(rows) == 5
    for row, body in zip(rows, sent, strict=True):
        flat = dict(preview._flat(body, ""))
        told = {name: value for name, value in row.fields if not name.startswith("?")}
        assert told.keys() == flat.keys()
        for name, value in told.items():
            known_only_then = value.startswith(("the id of", "Refund of HP-", "Refund (invoice"))
            assert known_only_then or flat[name] in (value, value.split(" (")[0]), name


def _creates(method: str, path: str) -> bool:
    return method == "POST" and "/books/v3/" in path and "/contacts" not in path


def test_calls_and_minutes_are_told(ready: Shop) -> None:
    for _sale in range(3):
        sell(ready)
    found = shown(ready)
    assert (found.count, found.forecast.calls, found.forecast.minutes) == (9, 14, 0)
    object.__setattr__(ready.outside, "calls_per_minute", 5)
    assert shown(ready).forecast.minutes == 3


def test_long_preview_has_pages(ready: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "PAGE", 4)
    for _sale in range(3):
        sell(ready)
    one, two, three = shown(ready), shown(ready, 4), shown(ready, 8)
    assert [row.number for row in (*one.rows, *two.rows, *three.rows)] == list(range(1, 10))
    assert (one.next, two.next, three.next) == (4, 8, None)


def test_what_stays_out_is_told_by_reason_with_its_value(ready: Shop) -> None:
    sell(ready, "10.00", status="succeeded_manually")
    sell(ready, "20.00", status="succeeded_manually")
    set_lock_date(ready.simulator, ready.organization, "2026-12-31")
    sell(ready, "5.00")
    told = [(one.fate, one.count, [str(value) for value in one.values]) for one in shown(ready).left]
    assert told == [("held", 1, ["SGD 5.00"]), ("excluded", 2, ["SGD 30.00"])]


def test_documents_left_over_from_an_earlier_plan_are_part_of_the_preview(ready: Shop) -> None:
    sell(ready)
    ready.fault("create_expense", "refused")
    ready.fault("create_expense", "refused", nth=2)
    ready.fault("create_expense", "refused", nth=3)
    ready.fault("create_expense", "refused", nth=4)
    run = ready.sync()
    assert run.counts["posted"] == 2
    found = shown(ready)
    assert [row.kind for row in found.rows] == ["Expense"]
    assert found.forecast.calls == 2
    again = ready.sync()
    assert again.plan_hash == found.plan_hash
    assert again.counts["posted"] == 1


def test_refused_document_is_previewed_with_the_account_chosen_since(ready: Shop) -> None:
    sell(ready)
    ready.fault("create_expense", "refused", status=400, code=1002)
    ready.sync()
    other = next(
        row["account_id"]
        for name, row in ready.truth()["accounts"].items()
        if row["account_type"] == "expense" and name != "HitPay Fees"
    )
    ready.save(fee_account=other)
    found = shown(ready)
    (row,) = found.rows
    assert dict(row.fields)["account_id"].startswith(other)
    run = ready.sync()
    assert (run.plan_hash, run.counts["posted"]) == (found.plan_hash, 1)
    assert ready.documents("expenses")[0]["account_id"] == other


def test_run_writes_nothing_that_was_planned_after_it_began_to_write(ready: Shop) -> None:
    charge = sell(ready)
    planned: list[int] = []

    def plan_one_more(method: str, path: str) -> None:
        if _creates(method, path) and not planned:
            with write() as session:
                newest = session.get_one(Effect, 1)
                payload = newest.payload | {"reference": "HP-later"}
                other = Effect(
                    **{c: getattr(newest, c) for c in ("business_id", "planned_by", "target", "action", "document_date",
                                                       "currency", "amount_minor", "payload_hash", "planned_at")},
                    reference="HP-later", group_key="HP-later", position=0, payload=payload, state="planned",
                )  # fmt: skip
                session.add(other)
                session.flush()
                planned.append(other.id)

    ready.line.before = plan_one_more
    run = runs.request(ready.outside, ready.business, "daily")
    worker.run_due(ready.outside)
    assert [row["reference_number"] for row in ready.documents("invoices")] == [f"HP-{charge['id']}"]
    with write() as session:
        assert session.get_one(Run, run).done == 3
    ready.line.before = None
    ready.sync()
    assert len(ready.documents("invoices")) == 2
    assert Decimal(ready.truth()["trial_balance"]) == 0
