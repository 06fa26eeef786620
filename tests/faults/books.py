"""What the simulated books must hold after any storm, by HitPay's own sales."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from tests.faults.harness import Install


def books_are_right(made: Install) -> None:
    """Every sale has one invoice, one payment and one expense, and the clearing account ties to the cent."""
    truth = made.truth()
    sales = made.sales()
    wanted = Counter(f"HP-{sale['id']}" for sale in sales)
    for kind in ("invoices", "customerpayments", "expenses"):
        assert Counter(row["reference_number"] for row in truth["documents"][kind]) == wanted, kind
    net = sum(
        Decimal(str(one["amount"])) - Decimal(str(one["fixed_fee"])) - Decimal(str(one["discount_fee"]))
        for one in sales
    )
    assert Decimal(truth["accounts"]["HitPay Clearing"]["balance"]) == net
    assert Decimal(truth["accounts"]["Accounts Receivable"]["balance"]) == 0
    assert truth["trial_balance"] == "0.00"
    assert len(truth["documents"]["contacts"]) == 1
    assert truth["violations"] == []
