"""What a payment platform is asked and what it sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from app.domain.charges import Charge, Payout, Refund
from app.domain.hints import Hint, RegisteredWebhook
from app.domain.money import Money


class PaymentProvider(Protocol):
    """A payment platform, for one business."""

    def charges(self, first: date, last: date) -> Iterator[Charge]:
        """Every charge created from `first` to `last` (the provider's own days, inclusive), in no promised order."""
        ...

    def undone_charges(self, first: date, last: date) -> Iterator[Charge]:
        """The same, but only charges of which something was refunded or that were voided: few over a long time."""
        ...

    def refunds(self, charge_id: str) -> list[Refund]:
        """The completed refunds of a charge, oldest first."""
        ...

    def payouts(self, since: datetime) -> Iterator[Payout]:
        """Money paid to the merchant's bank, made at `since` or later, newest first, without their charges.

        A payout that can't be read doesn't hide the others: Refused with cause `unreadable` comes at the end.
        """
        ...

    def payout_charges(self, payout_id: str) -> list[Charge]:
        """Every charge that a payout settles, as it is now."""
        ...

    def charge(self, charge_id: str) -> Charge:
        """One charge as it is now; Refused with cause `missing` if there is none."""
        ...

    def balance(self, currency: str) -> Money | None:
        """What the platform holds for this account in a currency, whatever it calls it; None if it doesn't tell."""
        ...

    def ping(self) -> None:
        """Return if the stored login works."""
        ...


class WebhookReader(Protocol):
    """Reads what a platform delivers to us, without calling anybody."""

    def is_signed(self, body: bytes, headers: Mapping[str, str], salts: Sequence[str]) -> bool:
        """Whether one of the salts signed exactly these bytes."""
        ...

    def event(self, headers: Mapping[str, str]) -> str:
        """The event's name, "" if none is told."""
        ...

    def hint(self, event: str, body: bytes) -> Hint:
        """What is to be read again because of it."""
        ...


class WebhookRegistry(Protocol):
    """Where a platform is told to deliver its webhooks. Refused, with their words, if it won't."""

    def registered(self) -> list[RegisteredWebhook]: ...

    def register(self, address: str) -> RegisteredWebhook: ...

    def move(self, webhook_id: str, address: str) -> RegisteredWebhook: ...
