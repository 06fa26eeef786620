"""Zoho Books as BooksChoices: what a person chooses from, read live."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

import msgspec

from app.books.zoho.client import JsonObject, ZohoClient
from app.books.zoho.refusals import unreadable
from app.books.zoho.translate import (
    UnreadableError,
    account_from,
    day,
    exemption_from,
    item_from,
    organization_from,
    tax_from,
    text,
)
from app.domain.money import Money
from app.ports import Account, Item, Organization, Refused, Tax

_T = TypeVar("_T")

_TAKEN = re.compile(r"\balready (?:exists?|in use|used|taken)\b|\bduplicate\b", re.I)


class ZohoChoices:
    """Organizations of a login; accounts, items and the lock date of the client's organization."""

    def __init__(self, client: ZohoClient) -> None:
        self._client = client

    def organizations(self) -> list[Organization]:
        """Every organization the login reaches, inactive ones too."""
        return _all(self._client.organizations(), organization_from)

    def accounts(self) -> list[Account]:
        """Active accounts of all types. Only the list of bank accounts states currencies and balances."""
        filters = {"filter_by": "AccountType.Active"}
        chart = _all(self._client.rows("/chartofaccounts", ("chartofaccounts",), filters), account_from)
        banks = {account.id: account for account in self._banks()}
        told = [_with_bank(account, banks.pop(account.id, None)) for account in chart]
        return [account for account in (*told, *banks.values()) if account.active]

    def balance(self, account_id: str) -> Money | None:
        """What a bank account holds now, in its own currency; None if the list of them doesn't tell."""
        return next((account.balance for account in self._banks() if account.id == account_id), None)

    def _banks(self) -> list[Account]:
        filters = {"filter_by": "Status.Active"}
        return _all(self._client.rows("/bankaccounts", ("bankaccounts",), filters), account_from)

    def items(self) -> list[Item]:
        """Active items that can be sold."""
        rows = self._client.rows("/items", ("items",), {"filter_by": "Status.Active"})
        sold = (row for row in rows if text(row.get("item_type")).lower() != "purchases")
        return [item for item in _all(sold, item_from) if item.active]

    def taxes(self) -> list[Tax]:
        """Sales taxes and exemptions for items. An edition without exemptions has none."""
        taxes = _all(self._client.rows("/settings/taxes", ("taxes",)), tax_from)
        try:
            rows = self._client.get("/settings/taxexemptions").get("tax_exemptions")
        except Refused as error:
            if error.cause in ("missing_permission", "organization"):
                raise
            return taxes  # only some editions of Zoho Books know exemptions (Zoho Books v3, taxes)
        exemptions = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return taxes + [one for one in _all(exemptions, exemption_from) if one is not None]

    def create_item(self, name: str, account_id: str) -> Item:
        """Create a plain item that is sold, without a price of its own, posting to `account_id`.

        InDoubt if nobody can say whether it was made; Refused with cause `exists` if the name is taken.
        """
        body: JsonObject = {
            "name": name[:100],
            "rate": 0,
            "account_id": account_id,
            "product_type": "service",
            "item_type": "sales",
        }
        row = self._client.post("/items", body).get("item")
        try:
            item = item_from(row if isinstance(row, dict) else {})
        except UnreadableError:
            item = None
        if item is None:
            raise unreadable("no item", write=True)
        return item if item.account_id else msgspec.structs.replace(item, account_id=account_id)

    def create_account(self, name: str, account_type: str, currency: str) -> Account:
        """Create an account; one of the type `bank` in `currency`, the others have none of their own.

        InDoubt if nobody can say whether it was made; Refused with cause `exists` if the name is taken, and
        `missing_permission` if the login was granted less.
        """
        body: JsonObject = {"account_name": name, "account_type": account_type}
        path, key = "/chartofaccounts", "chart_of_account"
        if account_type == "bank":  # the specification makes bank accounts apart, and only there by a currency's code
            path, key = "/bankaccounts", "bankaccount"
            body["currency_code"] = currency
        try:
            row = self._client.post(path, body).get(key)
        except Refused as error:
            refused = _taken(error) if _TAKEN.search(error.detail) else error
        else:
            return _made_account(row)
        raise refused

    def lock_date(self) -> date | None:
        """The last locked day, None when nothing is locked. A lock of some modules only counts as a lock."""
        try:
            lock = self._client.get("/transactionlock").get("transaction_lock")
        except Refused as error:
            if error.cause != "missing":
                raise
            lock = None
        if not isinstance(lock, dict) or text(lock.get("transaction_lock_status")).lower() == "disabled":
            return None
        try:
            return day(lock.get("transaction_lock_date"))
        except UnreadableError as error:
            why = str(error)
        raise unreadable(f"transaction lock: {why}", write=False)

    def ping(self) -> None:
        """Return if the login works and still reaches the organization; Refused with cause `organization` if not."""
        found = self.organizations()
        wanted = self._client.organization_id
        if wanted and not any(one.id == wanted and one.active for one in found):
            raise Refused(
                "The Zoho login doesn't reach this organization any more. Reconnect as one of its users.",
                cause="organization",
            )


def _taken(error: Refused) -> Refused:
    """No code is known for an account's name that is taken; the words tell."""
    sentence = "Zoho Books already has an account of this name."
    return Refused(sentence, detail=error.detail, code=error.code, cause="exists")


def _made_account(row: object) -> Account:
    try:
        return account_from(row if isinstance(row, dict) else {})
    except UnreadableError:
        unclear = unreadable("no account", write=True)
    raise unclear


def _with_bank(account: Account, bank: Account | None) -> Account:
    if bank is None:
        return account
    return msgspec.structs.replace(account, currency=account.currency or bank.currency, balance=bank.balance)


def _all(rows: Iterable[JsonObject], read: Callable[[JsonObject], _T]) -> list[_T]:
    try:
        return [read(row) for row in rows]
    except UnreadableError as error:
        why = str(error)
    raise unreadable(why, write=False)
