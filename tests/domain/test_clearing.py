"""The clearing account's roll-forward, from sums."""

from __future__ import annotations

from app.domain.clearing import Moved, roll_forward
from app.domain.documents import DocumentKind
from app.domain.money import Money

SALES = Moved(kind=DocumentKind.CUSTOMER_PAYMENT, minor=100_00)
FEES = Moved(kind=DocumentKind.EXPENSE, minor=-4_15)


def sgd(amount: str) -> Money:
    return Money.of(amount, "SGD")


def test_opening_and_what_was_written_make_the_closing_balance() -> None:
    refunds = Moved(kind=DocumentKind.CREDIT_NOTE_REFUND, minor=-30_00)
    forward = roll_forward(sgd("12.00"), [SALES, FEES, refunds], sgd("77.85"))
    assert (forward.gross, forward.fees, forward.refunds) == (sgd("100.00"), sgd("4.15"), sgd("30.00"))
    assert forward.expected == sgd("77.85")
    assert not forward.residual


def test_fee_that_came_back_lessens_the_fees() -> None:
    back = Moved(kind=DocumentKind.EXPENSE_REFUND, minor=1_00)
    assert roll_forward(sgd("0"), [SALES, FEES, back], sgd("96.85")).fees == sgd("3.15")


def test_rounding_of_a_sale_adds_and_of_a_refund_takes_away() -> None:
    sale = Moved(kind=DocumentKind.CUSTOMER_PAYMENT, minor=100_00, rounding=13)
    refund = Moved(kind=DocumentKind.CREDIT_NOTE_REFUND, minor=-50_00, rounding=6)
    forward = roll_forward(sgd("0"), [sale, refund], sgd("50.07"))
    assert forward.rounding == sgd("0.07")
    assert not forward.residual


def test_documents_in_doubt_explain_a_difference_only_if_they_are_all_of_it() -> None:
    doubtful = Moved(kind=DocumentKind.EXPENSE, minor=-4_15, sure=False)
    assert roll_forward(sgd("0"), [SALES, doubtful], sgd("95.85")).explained
    assert not roll_forward(sgd("0"), [SALES, doubtful], sgd("95.80")).explained
    assert not roll_forward(sgd("0"), [SALES, doubtful], sgd("100.00")).explained
