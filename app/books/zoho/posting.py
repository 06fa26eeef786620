"""Zoho Books as BooksPosting: one create call per document, and look-ups that can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from app.books.zoho.bodies import (
    credit_note_body,
    credit_note_refund_body,
    expense_body,
    expense_refund_body,
    invoice_body,
    payment_body,
    transfer_body,
)
from app.books.zoho.client import JsonObject, ZohoClient
from app.books.zoho.listing import is_ours, listing
from app.books.zoho.refusals import tells_of_a_draft, unreadable
from app.books.zoho.translate import (
    RESOURCES,
    UnreadableError,
    home_of,
    identifier,
    posted_from,
    text,
)
from app.books.zoho.unique_field import FIELD_ENTITIES, unique_field, with_unique_field
from app.domain.documents import (
    CreditNote,
    CreditNoteRefund,
    CustomerPayment,
    Document,
    DocumentKind,
    Expense,
    ExpenseRefund,
    Invoice,
    Transfer,
    kind_of,
)
from app.ports import InDoubt, OutsideError, Posted, Refused, Request, Temporary

_SENT_AT_ONCE = 100
"""Invoices marked as sent in one call: Zoho states no limit, the address has one."""
_MOST_NAMELESS = 50


class ZohoPosting:
    """Writing into one organization. `base_currency` is the organization's own, "" if nobody knows."""

    def __init__(self, client: ZohoClient, base_currency: str = "") -> None:
        self._client = client
        self._base_currency = base_currency
        self._currency_ids: dict[str, str] | None = None

    def await_turn(self) -> None:
        """Wait until the call rate allows one more call, and keep that turn for this thread's next call."""
        self._client.await_turn()

    def post(self, document: Document, links: Mapping[str, str]) -> Posted:
        """Create the document with one call, born as a draft where Zoho has drafts; `send` is never set.

        KeyError if `links` lacks `customer` or, for a payment and a credit note, `invoice`, for a credit note's
        refund `credit_note`. Refused with cause `invoice_is_draft` when
        a payment is refused because of that.
        """
        kind = kind_of(document)
        asked = _request(document, links, self._foreign_id(document))
        try:
            answer = self._client.post(asked.path, asked.body, asked.query or None)
        except Refused as error:
            draft = kind is DocumentKind.CUSTOMER_PAYMENT and tells_of_a_draft(error)
            refusal = _invoice_is_draft(error) if draft else error
        else:
            return _created(kind, answer, document)
        raise refusal

    def request(self, document: Document, links: Mapping[str, str]) -> Request:
        """What `post` would send, with the code of a foreign currency in place of Zoho's id of it. Asks nobody."""
        currency = document.total.currency
        return _request(document, links, currency if self._needs_currency(document) else "")

    def mark_sent(self, invoice_ids: Sequence[str]) -> None:
        """Turn drafts into open invoices without any e-mail; harmless when repeated, so no answer means Temporary."""
        for start in range(0, len(invoice_ids), _SENT_AT_ONCE):
            some = ",".join(invoice_ids[start : start + _SENT_AT_ONCE])
            try:
                self._client.post("/invoices/status/sent", params={"invoice_ids": some})
            except InDoubt as error:
                trouble = Temporary(
                    "Zoho Books didn't say whether the invoices are marked as sent.", detail=error.detail
                )
            else:
                continue
            raise trouble

    def find(self, kind: DocumentKind, reference: str, asked: Document | None = None) -> list[Posted]:
        """Every document of this kind whose reference is exactly this one, void ones too.

        `asked` fills the currency where rows state none: refunds of credit notes are listed without it.

        Zoho ignores a filter it doesn't know and then lists everything, so each row is checked; a row that doesn't
        state its reference, total or currency is read by itself. A bank transaction may stand in a list twice, once
        for each of its accounts: one id is one document.
        """
        resource = RESOURCES[kind]
        rows = self._client.rows(resource.path, resource.lists, _filters(kind, reference, resource.type))
        found = []
        for row in self._stated(kind, rows):
            own_type = text(row.get("transaction_type")) in ("", resource.type) if resource.type else True
            if own_type and text(row.get("reference_number")) == reference:
                found.append(self._posted(kind, row, asked))
        return list({posted.id: posted for posted in found if posted is not None}.values())

    def listed(self, kind: DocumentKind, first: date, last: date | None, asked: Mapping[str, Document]) -> list[Posted]:
        """Every document of this kind that bears a reference of ours, dated from `first` to `last`, void ones too.

        Not every list knows every filter, so each row is checked; refunds of credit notes know none.
        """
        found: dict[str, Posted] = {}
        for row in self._stated(kind, self._client.rows(*listing(kind, first, last))):
            reference = text(row.get("reference_number"))
            if not is_ours(kind, row):
                continue
            posted = self._posted(kind, row, asked.get(reference), fill=True)
            if posted is not None and first <= posted.date <= (last or date.max):
                found[posted.id] = posted
        return list(found.values())

    def unique_fields(self) -> dict[DocumentKind, str]:
        """By kind, the id of `cf_tieout_ref` where it refuses doubles, "" where it doesn't or is missing."""
        return {kind: unique_field(self._client, kind) for kind in FIELD_ENTITIES}

    def find_customer(self, name: str) -> str | None:
        """The id of the active customer of exactly this name, or None."""
        filters = {"contact_name": name, "contact_type": "customer", "filter_by": "Status.Active"}
        for row in self._client.rows("/contacts", ("contacts",), filters):
            active = text(row.get("status")).lower() in ("", "active")
            customer = text(row.get("contact_type")).lower() in ("", "customer")
            if text(row.get("contact_name")) == name.strip() and active and customer:
                return _id(row, "contact_id", write=False)
        return None

    def create_customer(self, name: str, currency: str) -> str:
        """Create a customer in `currency`; Refused with cause `exists` if the name is taken, `currency` if Zoho
        Books lacks the currency."""
        currency_id = self._currency_id(currency)
        body: JsonObject = {"contact_name": name, "contact_type": "customer", "currency_id": currency_id}
        contact = self._client.post("/contacts", body).get("contact")
        return _id(contact if isinstance(contact, dict) else {}, "contact_id", write=True)

    def _needs_currency(self, document: Document) -> bool:
        """Whether the body names the currency: documents without a customer are in Zoho's own unless told."""
        told = isinstance(document, Expense | ExpenseRefund | Transfer)
        return told and bool(self._base_currency) and document.total.currency != self._base_currency

    def _foreign_id(self, document: Document) -> str:
        """Zoho's id of a document's currency, "" where the body doesn't name it."""
        return self._currency_id(document.total.currency) if self._needs_currency(document) else ""

    def _currency_id(self, currency: str) -> str:
        """Zoho's id of a currency, looked up once per instance."""
        if self._currency_ids is None:
            rows = self._client.rows("/settings/currencies", ("currencies",))
            self._currency_ids = {
                text(row.get("currency_code")).upper(): _id(row, "currency_id", write=False) for row in rows
            }
        found = self._currency_ids.get(currency.upper())
        if found is None:
            self._currency_ids = None  # a person may be adding it right now
            raise Refused(
                f"Zoho Books doesn't have the currency {currency}. Add it there under Settings, Currencies.",
                cause="currency",
            )
        return found

    def _stated(self, kind: DocumentKind, rows: Iterator[JsonObject]) -> Iterator[JsonObject]:
        """The rows, those without a `reference_number` field replaced by the full record."""
        nameless = 0
        for row in rows:
            if "reference_number" in row:
                yield row
                continue
            nameless += 1
            if nameless > _MOST_NAMELESS:
                raise unreadable(f"too many {RESOURCES[kind].lists[0]} without a reference", write=False)
            full = self._full(kind, row)
            if full is not None:
                yield full

    def _posted(
        self, kind: DocumentKind, row: JsonObject, asked: Document | None, *, fill: bool = False
    ) -> Posted | None:
        filler = asked if fill or kind is DocumentKind.CREDIT_NOTE_REFUND else None
        if fill and asked is None and not text(row.get("currency_code")):
            row = {**row, "currency_code": self._base_currency}
        try:
            return _with_home(posted_from(kind, row, filler), row, asked)
        except UnreadableError:
            full = self._full(kind, row)
        try:
            return _with_home(posted_from(kind, full), full, asked) if full is not None else None
        except UnreadableError as error:
            why = str(error)
        raise unreadable(f"{RESOURCES[kind].single}: {why}", write=False)

    def _full(self, kind: DocumentKind, row: JsonObject) -> JsonObject | None:
        """The record by its id, None if it is gone meanwhile."""
        resource = RESOURCES[kind]
        try:
            answer = self._client.get(f"{resource.path}/{_id(row, resource.id_key, write=False)}")
        except Refused as error:
            if error.cause == "missing":
                return None
            raise
        full = answer.get(resource.single)
        if not isinstance(full, dict):
            raise unreadable(f"no {resource.single}", write=False)
        return full


def _filters(kind: DocumentKind, reference: str, type_: str) -> dict[str, str]:
    """What a list can be asked for: that of refunds of credit notes knows no filter (Zoho Books v3, credit-notes)."""
    if kind is DocumentKind.CREDIT_NOTE_REFUND:
        return {}
    return {"reference_number": reference, **({"transaction_type": type_} if type_ else {})}


def _with_home(posted: Posted, row: JsonObject, asked: Document | None) -> Posted:
    """The document with its worth in the books' own currency, as far as the row tells it."""
    return msgspec.structs.replace(posted, home=home_of(row, posted.total, asked))


def _request(document: Document, links: Mapping[str, str], currency: str) -> Request:
    """The call that creates a document. `currency` is Zoho's id of a foreign one, "" for the organization's own."""
    path, query = RESOURCES[kind_of(document)].path, _own_number(document)
    match document:
        case Invoice():
            body = invoice_body(document, links["customer"])
        case CustomerPayment():
            body = payment_body(document, links["customer"], links["invoice"])
        case Expense():
            body = expense_body(document, currency)
        case ExpenseRefund():
            body = expense_refund_body(document, currency)
        case Transfer():
            body = transfer_body(document, currency)
        case CreditNote():
            query |= {"invoice_id": links["invoice"]}
            body = credit_note_body(document, links["customer"], links.get("invoice_number", ""))
        case CreditNoteRefund():
            path = f"/creditnotes/{links['credit_note']}/refunds"
            body = credit_note_refund_body(document)
    return Request(path=path, query=query, body=with_unique_field(body, document.reference, links))


def _own_number(document: Document) -> dict[str, str]:
    """Zoho takes a number of ours only if told not to make one (Zoho Books v3, invoices and credit notes)."""
    own = isinstance(document, Invoice | CreditNote) and document.number
    return {"ignore_auto_number_generation": "true"} if own else {}


def _created(kind: DocumentKind, answer: JsonObject, document: Document) -> Posted:
    """What a create answer tells; InDoubt if it doesn't tell the id or the total, though Zoho called it a success."""
    row = answer.get(RESOURCES[kind].single)
    try:
        return posted_from(kind, row if isinstance(row, dict) else {}, document)
    except UnreadableError as error:
        why = str(error)
    raise unreadable(f"{RESOURCES[kind].single}: {why}", write=True)


def _invoice_is_draft(error: Refused) -> OutsideError:
    return Refused(
        "Zoho Books takes no payment on this invoice while it is a draft.",
        detail=error.detail,
        code=error.code,
        cause="invoice_is_draft",
    )


def _id(row: Mapping[str, object], name: str, *, write: bool) -> str:
    try:
        return identifier(row.get(name))
    except UnreadableError:
        pass
    raise unreadable(f"no {name}", write=write)
