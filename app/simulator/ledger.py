"""A double-entry ledger: entries that balance, balances of accounts as of a date, a trial balance that is nought.

Amounts carry two figures: in the currency of the line and in the base currency of the books. A debit is positive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.simulator.state import Row, State

ZERO = Decimal(0)


class UnbalancedError(ValueError):
    """Debits and credits of an entry differ in the base currency: a mistake of the simulator itself."""


@dataclass(frozen=True)
class Line:
    """One side of an entry. `amount` is in `currency`, `base` in the base currency; a positive figure debits."""

    account_id: str
    amount: Decimal
    base: Decimal
    currency: str


@dataclass(frozen=True)
class Balance:
    """An account's balance, debits minus credits: in its lines' own currency and in the base currency."""

    amount: Decimal = ZERO
    base: Decimal = ZERO


class _Sums:
    """Running sums by account and day; deleted and reversed entries count for nothing."""

    def __init__(self) -> None:
        self.days: dict[str, dict[str, list[Decimal]]] = defaultdict(dict)
        self.entries: dict[str, dict[str, None]] = defaultdict(dict)

    def add(self, key: str, row: Row) -> None:
        self._count(key, row, 1)

    def remove(self, key: str, row: Row) -> None:
        self._count(key, row, -1)

    def _count(self, key: str, row: Row, sign: int) -> None:
        if row["reversed"]:
            return
        for line in row["lines"]:
            day = self.days[line["account_id"]].setdefault(row["date"], [ZERO, ZERO])
            day[0] += sign * (line["debit"] - line["credit"])
            day[1] += sign * (line["base_debit"] - line["base_credit"])
            if sign > 0:
                self.entries[line["account_id"]][key] = None
            else:
                self.entries[line["account_id"]].pop(key, None)


class Ledger:
    """The ledger called `name` inside `state`. One document has one entry; posting again replaces it."""

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._entries = f"ledger:{name}"

    def post(self, document_id: str, date: str, lines: Iterable[Line], **details: object) -> Row:
        """Enter `lines` for a document on an ISO date. Raises UnbalancedError unless base debits equal base credits."""
        kept = [line for line in lines if line.amount or line.base]
        if sum((line.base for line in kept), ZERO) != 0:
            raise UnbalancedError(f"entry of document {document_id} is out of balance: {kept}")
        row: Row = {
            "document_id": document_id,
            "date": date,
            "reversed": False,
            "lines": [_line(line) for line in kept],
            **details,
        }
        return self._state.put(self._entries, document_id, row)

    def reverse(self, document_id: str) -> None:
        """Take a document's entry out of all balances; the entry itself stays, marked."""
        entry = self._state.get(self._entries, document_id)
        if entry is not None:
            self._state.put(self._entries, document_id, {**entry, "reversed": True})

    def entry(self, document_id: str) -> Row | None:
        """The live entry of a document, or None."""
        found = self._state.get(self._entries, document_id)
        return None if found is None or found["reversed"] else found

    def entries_of(self, account_id: str) -> list[Row]:
        """Every live entry that touches an account."""
        keys = self._sums().entries.get(account_id, {})
        return [row for key in list(keys) if (row := self._state.get(self._entries, key)) is not None]

    def balance(self, account_id: str, as_of: str | None = None) -> Balance:
        """Debits minus credits of an account up to and including the ISO date `as_of` (None: all time)."""
        days = self._sums().days.get(account_id, {})
        counted = [sums for day, sums in days.items() if as_of is None or day <= as_of]
        return Balance(sum((s[0] for s in counted), ZERO), sum((s[1] for s in counted), ZERO))

    def balances(self, as_of: str | None = None) -> dict[str, Balance]:
        """The balance of every account that was ever posted to."""
        return {account_id: self.balance(account_id, as_of) for account_id in sorted(self._sums().days)}

    def trial_balance(self, as_of: str | None = None) -> Decimal:
        """The sum of all balances in the base currency: nought, or the simulator is wrong."""
        return sum((balance.base for balance in self.balances(as_of).values()), ZERO)

    def _sums(self) -> _Sums:
        return self._state.view(self._entries, "sums", _Sums)


def _line(line: Line) -> Row:
    return {
        "account_id": line.account_id,
        "debit": max(line.amount, ZERO),
        "credit": max(-line.amount, ZERO),
        "base_debit": max(line.base, ZERO),
        "base_credit": max(-line.base, ZERO),
        "currency": line.currency,
    }
