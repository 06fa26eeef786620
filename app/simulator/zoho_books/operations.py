"""Every operation of Zoho Books that is simulated, and how one is performed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.simulator.contract import contract, validate_request
from app.simulator.zoho_books import (
    account_making,
    accounts,
    bank_transactions,
    contacts,
    credit_note_refunds,
    credit_notes,
    currencies,
    custom_fields,
    customer_payments,
    expenses,
    invoices,
    items,
    taxes,
    transaction_lock,
)
from app.simulator.zoho_books.book import Call, Handler
from app.simulator.zoho_books.organizations import book_of

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

HANDLERS: Mapping[str, Handler] = {
    **account_making.HANDLERS,
    **accounts.HANDLERS,
    **bank_transactions.HANDLERS,
    **contacts.HANDLERS,
    **credit_note_refunds.HANDLERS,
    **credit_notes.HANDLERS,
    **currencies.HANDLERS,
    **custom_fields.HANDLERS,
    **customer_payments.HANDLERS,
    **expenses.HANDLERS,
    **invoices.HANDLERS,
    **items.HANDLERS,
    **taxes.HANDLERS,
    **transaction_lock.HANDLERS,
}


def act(
    simulator: Simulator,
    organization_id: str,
    operation: str,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
    **path: str,
) -> dict[str, Any]:
    """Do an operation as a person in Zoho's own screens would: no token, no limits, no count of calls.

    Answers the envelope as a dict with Decimals. Raises ZohoError when Zoho refuses and ValueError for a request
    that differs from the contract: then the caller is wrong.
    """
    called = contract("zoho_books")[operation]
    given = {"organization_id": organization_id, **(query or {})}
    problems = validate_request(called, given, body)
    if problems:
        raise ValueError(f"{operation}: {'; '.join(problem.detail for problem in problems)}")
    with simulator.state.transaction():
        call = Call(book_of(simulator, organization_id), path, given, dict(body or {}))
        return HANDLERS[operation](call)[1]
