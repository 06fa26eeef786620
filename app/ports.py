"""The small protocols behind which outside systems stand, and the four errors they may raise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from app.domain.charges import Charge, Payout, Refund
from app.domain.chart import Account, Item, Organization, Tax
from app.domain.documents import Document, DocumentKind
from app.domain.hints import Hint, RegisteredWebhook
from app.domain.money import Money

__all__ = [
    "AccessToken",
    "Account",
    "ApiClient",
    "BooksChoices",
    "BooksLogin",
    "BooksPosting",
    "InDoubt",
    "Item",
    "NotConnected",
    "Organization",
    "OutsideError",
    "PaymentProvider",
    "Posted",
    "Refused",
    "RegisteredWebhook",
    "Tax",
    "Temporary",
    "Token",
    "TokenKeeper",
    "WebhookReader",
    "WebhookRegistry",
]  # fmt: skip


class OutsideError(Exception):
    """Something outside went wrong. `str(error)` is one sentence for a bookkeeper, `detail` the vendor's own words."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Temporary(OutsideError):  # noqa: N818 - the design's own word
    """Nothing was done; the same may work later. `retry_after` in seconds, if they said so.

    `daily` is True when a day's quota is used up.
    """

    def __init__(
        self, message: str, *, detail: str = "", retry_after: float | None = None, daily: bool = False
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after
        self.daily = daily


class Refused(OutsideError):  # noqa: N818
    """They understood and said no. `code` is the vendor's own, as text; `cause` one of our words for it, or ""."""

    def __init__(self, message: str, *, detail: str = "", code: str = "", cause: str = "") -> None:
        super().__init__(message, detail=detail)
        self.code = code
        self.cause = cause


class NotConnected(OutsideError):  # noqa: N818
    """The stored login doesn't work any more: a person must connect again."""


class InDoubt(OutsideError):  # noqa: N818
    """A write was sent and nobody can say whether it was done."""


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


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A document as the books hold it. `status` is the vendor's word.

    `home` is its worth in the books' own currency by the rate they answered, None where they told no rate.
    """

    id: str
    kind: DocumentKind
    reference: str
    total: Money
    date: date
    home: Money | None = None
    number: str = ""
    status: str = ""
    customer_id: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call that creates a document: the path below the books' address, the query and the body as sent."""

    path: str
    query: dict[str, str]
    body: dict[str, object]


class BooksPosting(Protocol):
    """Writing into one organization's books, and finding what was written."""

    def await_turn(self) -> None:
        """Wait until the call rate allows one more call, and keep that turn for this thread's next call."""
        ...

    def post(self, document: Document, links: Mapping[str, str]) -> Posted:
        """Create the document, once, without any retry.

        `links` names by role the books ids it depends on: `customer`; for a payment and a credit note `invoice`
        (and `invoice_number`, for the text); for a credit note's refund `credit_note`.
        Refused with cause `invoice_is_draft` when a payment is refused because its invoice is still a draft.
        """
        ...

    def request(self, document: Document, links: Mapping[str, str]) -> Request:
        """What `post` would send; nobody is asked, so `links` may hold words where ids aren't known yet."""
        ...

    def mark_sent(self, invoice_ids: Sequence[str]) -> None:
        """Turn drafts into open invoices, in one call, without any e-mail; harmless when repeated."""
        ...

    def find(self, kind: DocumentKind, reference: str, asked: Document | None = None) -> list[Posted]:
        """Every document of this kind whose reference is exactly this one, read to the last page.

        `asked` is the document looked for, which fills what the books leave out of their lists.
        """
        ...

    def find_customer(self, name: str) -> str | None:
        """The books id of the active customer of exactly this name, or None."""
        ...

    def create_customer(self, name: str, currency: str) -> str:
        """Create a customer; Refused with cause `exists` if the name is taken."""
        ...


class BooksChoices(Protocol):
    """What a person chooses from, read live."""

    def organizations(self) -> list[Organization]: ...

    def accounts(self) -> list[Account]:
        """Active accounts of all types, with the currency and the balance of bank-like ones."""
        ...

    def balance(self, account_id: str) -> Money | None:
        """What a bank account holds now, in its own currency; None if they don't tell."""
        ...

    def items(self) -> list[Item]: ...

    def taxes(self) -> list[Tax]:
        """Sales taxes and exemptions that a sale can bear; empty where the organization has none."""
        ...

    def create_item(self, name: str, account_id: str) -> Item:
        """A plain sales item that posts to `account_id`."""
        ...

    def lock_date(self) -> date | None:
        """The last locked day, or None when nothing is locked."""
        ...

    def ping(self) -> None: ...


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent gave. `expires_at` aware UTC; `scopes` as granted."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: tuple[str, ...]


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A short-lived key and when it ends, aware UTC."""

    value: str
    expires_at: datetime


class ApiClient(msgspec.Struct, frozen=True, kw_only=True):
    """The registered client of this install in one data centre."""

    datacenter: str
    client_id: str
    client_secret: str


class BooksLogin(Protocol):
    """The login of the books, for one data centre and registered client."""

    def authorize_url(self, state: str) -> str:
        """Where to send the person's browser."""
        ...

    def exchange(self, code: str) -> Token:
        """Redeem a one-time code; Refused if it is wrong, used or too old."""
        ...

    def refresh(self, refresh_token: str) -> AccessToken:
        """A fresh access token; NotConnected when the refresh token is dead, Temporary when told to wait."""
        ...

    def revoke(self, refresh_token: str) -> None:
        """Make the refresh token worthless; a token that is worthless already is no error."""
        ...


class TokenKeeper(Protocol):
    """Hands an adapter its access token, and a new one when the old was turned down."""

    def current(self) -> str:
        """A token with some minutes of life left."""
        ...

    def renew(self, rejected: str) -> str:
        """A token other than `rejected`; refreshed by one process at a time."""
        ...
