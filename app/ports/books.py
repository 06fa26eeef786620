"""What the books are told and asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from app.domain.chart import Account, Item, Organization, Tax
from app.domain.documents import Document, DocumentKind
from app.domain.money import Money


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A document as the books hold it. `status` is the vendor's word.

    `home` is its worth in the books' own currency by the rate they answered, None where they told no rate.
    `account_id` is the clearing account's side of it, "" where they don't tell.
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
    account_id: str = ""


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
        (and `invoice_number`, for the text); for a credit note's refund `credit_note`. `unique_field`, where it is
        given, is the field that takes the reference and refuses a second document of it: cause `exists`.
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

    def listed(self, kind: DocumentKind, first: date, last: date | None, asked: Mapping[str, Document]) -> list[Posted]:
        """Every document of this kind that bears a reference of ours and is dated from `first` to `last`, both included
        (None: to the end), read to the last page, void ones too.

        `asked` holds what is looked for by reference: it fills what the books leave out of their lists. A kind that
        the books can't list by date comes whole.
        """
        ...

    def unique_fields(self) -> dict[DocumentKind, str]:
        """By kind, the books id of the field for our references where it refuses doubles, "" where it doesn't or is
        missing. Kinds that can't have one are left out."""
        ...

    def read_back(self, kind: DocumentKind, books_id: str, asked: Document) -> Posted | None:
        """The document of this kind and books id, None if there is none; `asked` as in `find`."""
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

    def create_account(self, name: str, account_type: str, currency: str) -> Account:
        """A new account of a type; one of the type `bank` is kept in `currency`. Refused with cause `exists`."""
        ...

    def lock_date(self) -> date | None:
        """The last locked day, or None when nothing is locked."""
        ...

    def ping(self) -> None: ...
