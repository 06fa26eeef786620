"""A transfer nobody answered: in the end there is exactly one, and clearing ends at zero."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.services import crash
from app.services.syncing import worker
from app.simulator.zoho_books.organizations import book_of
from tests.services.planning.test_payouts import balances, bank, pay_out, sell, transfers
from tests.shop import Shop


@pytest.fixture
def paid(shop: Shop) -> Shop:
    """A sale that is in the books, and its payout that isn't."""
    shop.open_business()
    shop.connect_provider()
    shop.connect_books()
    shop.save(payout_account=bank(shop))
    sell(shop)
    shop.sync()
    pay_out(shop)
    return shop


def settle(shop: Shop) -> None:
    for _round in range(6):
        shop.clock.advance(timedelta(minutes=11))
        worker.tend(shop.outside)
        worker.run_due(shop.outside)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("lost_after_apply", {}),
        ("lost_before_apply", {}),
        ("error_after_apply", {}),
        ("truncated", {}),
        ("late", {"seconds": 180.0}),
    ],
)
def test_transfer_nobody_answered_ends_as_exactly_one(paid: Shop, kind: str, how: dict[str, Any]) -> None:
    paid.fault("create_bank_transaction", kind, **how)
    paid.sync()
    assert paid.effects()["create_transfer"] == "in_doubt"
    settle(paid)

    assert len(transfers(paid)) == 1
    assert balances(paid) == (Decimal(0), Decimal("95.85"))
    assert set(paid.effects().values()) == {"done"}


@pytest.mark.parametrize("point", crash.EACH_EFFECT)
@pytest.mark.usefixtures("armed")
def test_program_stopped_at_any_step_of_a_transfer_leaves_exactly_one(paid: Shop, point: str) -> None:
    def stop(here: str, detail: str) -> None:
        if (here, detail) == (point, "create_transfer"):
            crash.disarm()
            raise KeyboardInterrupt

    crash.arm(stop)
    with pytest.raises(KeyboardInterrupt):
        paid.sync()
    settle(paid)
    paid.sync()

    assert len(transfers(paid)) == 1
    assert balances(paid) == (Decimal(0), Decimal("95.85"))
    assert set(paid.effects().values()) == {"done"}
    assert paid.sync().calls == 0


def test_transfer_somebody_changed_meanwhile_is_held(paid: Shop) -> None:
    paid.fault("create_bank_transaction", "lost_after_apply")
    paid.sync()
    (row,) = transfers(paid)
    book = book_of(paid.simulator, paid.organization)
    with paid.simulator.state.transaction():
        book.save("bank_transactions", book.get("bank_transactions", row["id"], "") | {"amount": Decimal("90.00")})
    settle(paid)

    assert paid.effects()["create_transfer"] == "held"
    assert len(transfers(paid)) == 1
