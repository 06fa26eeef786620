"""What providers tell: charges, what of them counts as a sale, refunds, and payouts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from app.domain.money import Money


class ChargeStatus(StrEnum):
    """HitPay's charge statuses (app-studio-starter, list-charges)."""

    SUCCEEDED = "succeeded"
    SUCCEEDED_MANUALLY = "succeeded_manually"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    VOID = "void"
    PENDING = "pending"
    FAILED = "failed"
    CANCELED = "canceled"
    REQUIRES_CUSTOMER_ACTION = "requires_customer_action"
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"


SALE_STATUSES = frozenset({ChargeStatus.SUCCEEDED, ChargeStatus.REFUNDED, ChargeStatus.PARTIALLY_REFUNDED})
"""A charge in one of these was paid through the provider; a refund comes on top and doesn't unmake the sale."""

REFUNDED_STATUSES = frozenset({ChargeStatus.REFUNDED, ChargeStatus.PARTIALLY_REFUNDED})
"""Charges of which something was given back."""

UNDONE_STATUSES = REFUNDED_STATUSES | {ChargeStatus.VOID}
"""Charges that may have changed long after they were made."""

LISTED_STATUSES = SALE_STATUSES | {ChargeStatus.SUCCEEDED_MANUALLY, ChargeStatus.VOID}
"""Charges a person expects to find on the records page; the rest never became a sale."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """One completed refund of a charge, in the charge's currency. `refunded_at` aware UTC.

    `id` is the provider's, or, where it names none, the charge's id and the minor units refunded up to and with it.
    """

    id: str
    charge_id: str
    amount: Money
    refunded_at: datetime


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge as the provider tells it now.

    `gross` in the charge's currency; `fee` and `home` (what the provider credits before fees) in the account's
    home currency. `home` is None when the provider names no amount it can be derived from. Instants are aware UTC.
    """

    id: str
    status: ChargeStatus
    gross: Money
    fee: Money
    home: Money | None
    channel: str | None
    created_at: datetime
    closed_at: datetime | None
    updated_at: datetime
    captured: bool = True
    order_reference: str | None = None
    method: str | None = None
    customer_name: str | None = None

    @property
    def paid_at(self) -> datetime:
        """The instant the accounting date is made from."""
        return self.closed_at or self.created_at

    @property
    def home_currency(self) -> str:
        """The provider account's own currency, in which fees are taken."""
        return self.fee.currency


class PayoutMember(msgspec.Struct, frozen=True, kw_only=True):
    """A charge that a payout settles, as the provider's list of its charges tells it. `created_at` aware UTC.

    `net` is what it brought after fees in the home currency, None if the provider names no amount for that.
    """

    charge_id: str
    created_at: datetime
    net: Money | None


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """Money that the provider paid to the merchant's bank. Instants are aware UTC."""

    id: str
    amount: Money
    created_at: datetime
    paid_at: datetime
    members: tuple[PayoutMember, ...] = ()


def member_of(charge: Charge) -> PayoutMember:
    """What a payout needs to remember of a charge in it."""
    net = charge.home - charge.fee if charge.home else None
    return PayoutMember(charge_id=charge.id, created_at=charge.created_at, net=net)
