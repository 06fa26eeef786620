"""The clearing account: what each document moves in it, and from its opening to its closing balance. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from app.domain.documents import (
    CreditNoteRefund,
    CustomerPayment,
    Document,
    DocumentKind,
    Expense,
    ExpenseRefund,
    Transfer,
)
from app.domain.money import Money

SIGNS = {
    DocumentKind.CUSTOMER_PAYMENT: 1,
    DocumentKind.EXPENSE: -1,
    DocumentKind.EXPENSE_REFUND: 1,
    DocumentKind.CREDIT_NOTE_REFUND: -1,
    DocumentKind.TRANSFER: -1,
}
"""Which kinds touch the clearing account, and whether they bring money in or take it out."""


def moved_by(document: Document) -> tuple[str, Money] | None:
    """The clearing account a document touches and what that adds to it, in the account's currency; None for none."""
    match document:
        case CustomerPayment():
            return document.account_id, document.home or document.amount
        case Expense():
            return document.paid_through_account_id, -document.amount
        case ExpenseRefund():
            return document.deposit_to_account_id, document.amount
        case CreditNoteRefund():
            return document.account_id, -(document.home or document.amount)
        case Transfer():
            return document.from_account_id, -document.amount
        case _:
            return None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of what documents of one kind moved, minor units, in or out by its sign.

    `rounding` is what the exchange rates of these documents missed, as an amount of the documents themselves.
    `sure` is False while nobody can say whether they are in the books as they should be.
    """

    kind: DocumentKind
    minor: int
    rounding: int = 0
    sure: bool = True


class RollForward(msgspec.Struct, frozen=True, kw_only=True):
    """How the clearing account came from its opening balance to today's. One currency, the account's.

    `in_doubt` is what documents would add that may be in the books, but not as they should be.
    """

    opening: Money
    gross: Money
    fees: Money
    refunds: Money
    payouts: Money
    rounding: Money
    in_doubt: Money
    in_books: Money

    @property
    def expected(self) -> Money:
        """The balance that Tieout's documents lead to."""
        return self.opening + self.gross - self.fees - self.refunds - self.payouts + self.rounding

    @property
    def residual(self) -> Money:
        """What the books hold beyond that: zero when it ties out."""
        return self.in_books - self.expected

    @property
    def explained(self) -> bool:
        """Whether the documents in doubt are the whole difference."""
        return bool(self.residual) and self.residual == self.in_doubt


def roll_forward(opening: Money, moved: Iterable[Moved], in_books: Money) -> RollForward:
    """The roll-forward from the sums of what was written since the opening balance was read."""
    sums = dict.fromkeys(DocumentKind, 0)
    rounding = in_doubt = 0
    for one in moved:
        if one.sure:
            sums[one.kind] += one.minor
            rounding += one.rounding * SIGNS.get(one.kind, 0)
        else:
            in_doubt += one.minor

    def money(minor: int) -> Money:
        return Money.from_minor(minor, opening.currency)

    return RollForward(
        opening=opening,
        gross=money(sums[DocumentKind.CUSTOMER_PAYMENT]),
        fees=money(-sums[DocumentKind.EXPENSE] - sums[DocumentKind.EXPENSE_REFUND]),
        refunds=money(-sums[DocumentKind.CREDIT_NOTE_REFUND]),
        payouts=money(-sums[DocumentKind.TRANSFER]),
        rounding=money(rounding),
        in_doubt=money(in_doubt),
        in_books=in_books,
    )
