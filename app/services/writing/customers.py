"""The customers that sales are posted on: one per currency, found by name or made once, then remembered."""

from __future__ import annotations

from app.domain.documents import Document
from app.ports import BooksPosting, InDoubt, Refused, Temporary
from app.services import crash
from app.store import outbox
from app.store.connections import learn, learned
from app.store.db import read, write
from app.store.outbox import Effect


def expected_customer(target: str, effect: Effect, document: Document) -> str:
    """The books id of the customer that a document belongs to, "" where it has none or nobody knows."""
    name = getattr(document, "customer_name", "")
    if not name:
        return ""
    with read() as session:
        invoice = outbox.known_references(session, target, "create_invoice", [effect.reference]).get(effect.reference)
        if invoice is not None and invoice.id != effect.id and invoice.customer_id:
            return invoice.customer_id
        return learned(session, target).get(f"customer:{name}", "")


class Customers:
    """Books ids of customers of one target account. A customer's name is unique in Zoho Books (code 3062), so that a
    creation nobody answered is settled by looking the name up."""

    def __init__(self, target: str, posting: BooksPosting) -> None:
        self._target = target
        self._posting = posting
        self._asked: set[str] = set()
        with read() as session:
            self._known = learned(session, target)

    def id_of(self, name: str, currency: str) -> str:
        """The customer's books id; found or made on first use."""
        key = f"customer:{name}"
        if key not in self._known:
            self._known[key] = self._find_or_make(name, currency)
            self._asked.add(key)
            crash.at("after_customer", name)
            with write() as session:
                learn(session, self._target, key, self._known[key])
        return self._known[key]

    def forget(self, name: str) -> bool:
        """Whether another look may help: the books don't accept the customer, and it was only remembered."""
        key = f"customer:{name}"
        return key not in self._asked and self._known.pop(key, None) is not None

    def _find_or_make(self, name: str, currency: str) -> str:
        found = self._posting.find_customer(name)
        if found:
            return found
        try:
            return self._posting.create_customer(name, currency)
        except InDoubt as error:
            raise Temporary(
                f"Zoho Books didn't say whether it made the customer {name}.", detail=error.detail, retry_after=300
            ) from error
        except Refused as error:
            if error.cause != "exists":
                raise
            # The name is taken, yet the look-up didn't show it: it may be inactive, or the list lags behind.
            again = self._posting.find_customer(name)
            if again is None:
                raise Refused(
                    f"Zoho Books says a contact named {name} exists, but it is not an active customer. "
                    "Activate it or rename it there, then press Sync Now.",
                    detail=error.detail,
                    code=error.code,
                ) from error
            return again
