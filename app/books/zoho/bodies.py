"""Documents made into the JSON that Zoho's create calls take. Pure."""

from __future__ import annotations

from decimal import Decimal

from app.domain.documents import (
    CreditNote,
    CreditNoteRefund,
    CustomerPayment,
    Expense,
    ExpenseRefund,
    Invoice,
    Transfer,
)

MOST_LINE_TEXT, MOST_PAYMENT_TEXT, MOST_EXPENSE_TEXT, MOST_NOTES = 2000, 500, 100, 5000
"""Characters: lines and expenses by the specification; it states none for payments and notes, so these are careful."""

PAYMENT_MODE = "others"
"""The one documented mode that claims nothing about how the customer paid."""


def invoice_body(invoice: Invoice, customer_id: str) -> dict[str, object]:
    """The body of `POST /invoices`. Amounts include tax; the account follows from the item."""
    lines = [
        {
            "item_id": line.item_id,
            "description": line.description[:MOST_LINE_TEXT],
            "rate": line.amount.amount,
            "quantity": 1,
            **_line_tax(invoice.tax),
        }
        for line in invoice.lines
    ]
    return {
        "customer_id": customer_id,
        "reference_number": invoice.reference,
        "date": invoice.date.isoformat(),
        "is_inclusive_tax": True,
        "line_items": lines,
        **_optional("invoice_number", invoice.number),
        **_optional("notes", invoice.notes[:MOST_NOTES]),
        **_exemption(invoice.tax),
        **_rate(invoice.exchange_rate),
    }


def payment_body(payment: CustomerPayment, customer_id: str, invoice_id: str) -> dict[str, object]:
    """The body of `POST /customerpayments`, the whole amount applied to one invoice."""
    return {
        "customer_id": customer_id,
        "payment_mode": PAYMENT_MODE,
        "amount": payment.amount.amount,
        "date": payment.date.isoformat(),
        "reference_number": payment.reference,
        "account_id": payment.account_id,
        "invoices": [{"invoice_id": invoice_id, "amount_applied": payment.amount.amount}],
        **_optional("description", payment.description[:MOST_PAYMENT_TEXT]),
        **_rate(payment.exchange_rate),
    }


def expense_body(expense: Expense, currency_id: str = "") -> dict[str, object]:
    """The body of `POST /expenses`; `currency_id` only when it isn't the organization's own currency."""
    return {
        "account_id": expense.account_id,
        "paid_through_account_id": expense.paid_through_account_id,
        "date": expense.date.isoformat(),
        "amount": expense.amount.amount,
        "reference_number": expense.reference,
        **_optional("description", expense.description[:MOST_EXPENSE_TEXT]),
        **_optional("currency_id", currency_id),
    }


def credit_note_body(note: CreditNote, customer_id: str, invoice_number: str) -> dict[str, object]:
    """The body of `POST /creditnotes`. The invoice's number stands in the text too, should linking fail."""
    original = f" (invoice {invoice_number})" if invoice_number else ""
    lines = [
        {
            "name": f"Refund{original}",
            "description": line.description[:MOST_LINE_TEXT],
            "rate": line.amount.amount,
            "quantity": 1,
            "account_id": note.account_id,
            **_line_tax(note.tax),
        }
        for line in note.lines
    ]
    return {
        "customer_id": customer_id,
        "reference_number": note.reference,
        "date": note.date.isoformat(),
        "is_inclusive_tax": True,
        "line_items": lines,
        **_optional("creditnote_number", note.number),
        **_optional("notes", f"Refund of {note.sale_reference}{original}"),
        **_exemption(note.tax),
        **_rate(note.exchange_rate),
    }


def credit_note_refund_body(refund: CreditNoteRefund) -> dict[str, object]:
    """The body of `POST /creditnotes/{id}/refunds`: it books a withdrawal and moves no real money."""
    return {
        "date": refund.date.isoformat(),
        "amount": refund.amount.amount,
        "from_account_id": refund.account_id,
        "refund_mode": PAYMENT_MODE,
        "reference_number": refund.reference,
        **_optional("description", refund.description[:MOST_PAYMENT_TEXT]),
        **_rate(refund.exchange_rate),
    }


def expense_refund_body(refund: ExpenseRefund, currency_id: str = "") -> dict[str, object]:
    """The body of `POST /banktransactions` for a fee that came back."""
    return {
        "transaction_type": "expense_refund",
        "from_account_id": refund.account_id,
        "to_account_id": refund.deposit_to_account_id,
        "amount": refund.amount.amount,
        "date": refund.date.isoformat(),
        "reference_number": refund.reference,
        **_optional("description", refund.description[:MOST_PAYMENT_TEXT]),
        **_optional("currency_id", currency_id),
    }


def transfer_body(transfer: Transfer, currency_id: str = "") -> dict[str, object]:
    """The body of `POST /banktransactions` for a payout: money from one bank account to another."""
    return {
        "transaction_type": "transfer_fund",
        "from_account_id": transfer.from_account_id,
        "to_account_id": transfer.to_account_id,
        "amount": transfer.amount.amount,
        "date": transfer.date.isoformat(),
        "reference_number": transfer.reference,
        **_optional("description", transfer.description[:MOST_PAYMENT_TEXT]),
        **_optional("currency_id", currency_id),
    }


def _optional(name: str, value: str) -> dict[str, object]:
    return {name: value} if value else {}


def _line_tax(tax: str) -> dict[str, object]:
    """Each line names the tax it bears."""
    return _optional("tax_id", tax.removeprefix("tax:") if tax.startswith("tax:") else "")


def _exemption(tax: str) -> dict[str, object]:
    """An exemption holds for the whole document (Zoho Books v3, invoices and credit notes)."""
    return _optional("tax_exemption_id", tax.removeprefix("exemption:") if tax.startswith("exemption:") else "")


def _rate(exchange_rate: Decimal | None) -> dict[str, object]:
    return {} if exchange_rate is None else {"exchange_rate": exchange_rate}
