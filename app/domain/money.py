"""Money: a decimal amount in one currency, exact to its minor unit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

import msgspec
from iso4217 import Currency


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies were put together."""


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal point by ISO 4217; ValueError for an unknown code."""
    try:
        return Currency(currency).exponent or 0
    except ValueError as error:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code") from error


class Money(msgspec.Struct, frozen=True, order=False):
    """`amount` in major units, as exact as the currency's minor unit."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Exactly `amount`; ValueError if it is finer than the currency's minor unit."""
        code = currency.upper()
        value = Decimal(amount)
        quantized = value.quantize(Decimal(1).scaleb(-exponent(code)))
        if quantized != value:
            raise ValueError(f"{value} {code} is finer than the currency's minor unit")
        return cls(quantized, code)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> Money:
        """`amount` rounded half up to the minor unit."""
        code = currency.upper()
        return cls(amount.quantize(Decimal(1).scaleb(-exponent(code)), ROUND_HALF_UP), code)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """From whole minor units, cents for most currencies."""
        code = currency.upper()
        return cls(Decimal(minor).scaleb(-exponent(code)), code)

    @property
    def minor(self) -> int:
        """Whole minor units."""
        return int(self.amount.scaleb(exponent(self.currency)))

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,.{exponent(self.currency)}f}".replace("-", "−")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} can't be added")


def exchange_rate(home: Money, foreign: Money) -> Decimal | None:
    """Home units for one foreign unit, to 12 significant digits; None within one currency, where there is no rate."""
    if home.currency == foreign.currency:
        return None
    return Context(prec=12).divide(home.amount, foreign.amount).normalize()


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, zero in `currency` if there are none."""
    result = Money.of(0, currency)
    for amount in amounts:
        result += amount
    return result
