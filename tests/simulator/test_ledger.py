"""The ledger: entries balance, balances hold as of a day, and what is reversed counts for nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.simulator.ledger import Ledger, Line, UnbalancedError
from app.simulator.state import State


def move(ledger: Ledger, document: str, day: str, amount: str, base: str | None = None) -> None:
    worth = Decimal(base or amount)
    sides = [("bank", Decimal(amount), worth), ("sales", -Decimal(amount), -worth)]
    ledger.post(document, day, [Line(account, value, home, "USD") for account, value, home in sides])


def test_entry_out_of_balance_is_an_error() -> None:
    lines = [Line("bank", Decimal(5), Decimal(5), "SGD"), Line("sales", Decimal(-4), Decimal(-4), "SGD")]
    with pytest.raises(UnbalancedError):
        Ledger(State(), "a").post("1", "2026-11-20", lines)


def test_balance_holds_as_of_a_day() -> None:
    ledger = Ledger(State(), "a")
    move(ledger, "1", "2026-11-20", "10.00", "13.50")
    move(ledger, "2", "2026-11-21", "1.00", "1.35")
    assert ledger.balance("bank", "2026-11-20").amount == Decimal("10.00")
    assert ledger.balance("bank").base == Decimal("14.85")
    assert ledger.trial_balance() == 0


def test_reversed_entry_counts_for_nothing_and_is_kept() -> None:
    state = State()
    ledger = Ledger(state, "a")
    move(ledger, "1", "2026-11-20", "10.00")
    ledger.reverse("1")
    assert ledger.balance("bank").amount == 0
    assert ledger.entries_of("bank") == []
    assert ledger.entry("1") is None
    assert [row["reversed"] for row in state.all("ledger:a")] == [True]


def test_posting_a_document_again_replaces_its_entry() -> None:
    ledger = Ledger(State(), "a")
    move(ledger, "1", "2026-11-20", "10.00")
    move(ledger, "1", "2026-11-22", "7.00")
    assert ledger.balance("bank", "2026-11-21").amount == 0
    assert ledger.balance("bank").amount == Decimal("7.00")


def test_rolled_back_entry_leaves_balances_as_they_were() -> None:
    state = State()
    ledger = Ledger(state, "a")
    move(ledger, "1", "2026-11-20", "10.00")

    def write_and_fail() -> None:
        with state.transaction():
            move(ledger, "1", "2026-11-20", "99.00")
            move(ledger, "2", "2026-11-20", "1.00")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert ledger.balance("bank").amount == Decimal("10.00")
    assert [row["document_id"] for row in ledger.entries_of("bank")] == ["1"]


def test_balances_survive_a_restart(tmp_path: Path) -> None:
    first = State(tmp_path / "state.sqlite3")
    move(Ledger(first, "a"), "1", "2026-11-20", "10.00", "13.50")
    first.close()
    second = State(tmp_path / "state.sqlite3")
    assert Ledger(second, "a").balance("bank").base == Decimal("13.50")
    second.close()
