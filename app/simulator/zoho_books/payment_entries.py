"""The ledger entry of a customer payment: bank, charges, receivables, what is left as credit, exchange difference."""

from __future__ import annotations

from decimal import Decimal

from app.simulator.ledger import Line
from app.simulator.state import Row
from app.simulator.zoho_books.book import Book, balanced

ZERO = Decimal(0)


def applied(payment: Row) -> Decimal:
    """What a payment settles of its invoices."""
    return sum((entry["amount_applied"] for entry in payment["invoices"]), ZERO)


def unused(payment: Row) -> Decimal:
    """What of a payment is neither applied nor refunded: the customer's credit."""
    left: Decimal = payment["amount"] - applied(payment) - payment["amount_refunded"]
    return left


def enter_payment(book: Book, payment: Row) -> None:
    """Post a payment; posting again after a change replaces the entry."""
    currency, rate = payment["currency_code"], payment["exchange_rate"]
    net = payment["amount"] - payment["bank_charges"]
    excess = payment["amount"] - applied(payment)
    relief = sum((entry["base"] for entry in payment["invoices"]), ZERO)
    in_base, base_net = book.round(payment["amount"] * rate), book.round(net * rate)
    lines = [
        book.line(payment["account_id"], net, base_net, currency),
        Line(book.system_account("bank_charges"), payment["bank_charges"], in_base - base_net, currency),
        Line(book.system_account("receivables"), -applied(payment), -relief, currency),
        Line(book.system_account("unearned"), -excess, -book.round(excess * rate), currency),
    ]
    book.ledger.post(
        payment["id"],
        payment["date"],
        balanced(book, lines, "exchange"),
        kind="customer_payment",
        number=", ".join(entry["invoice_number"] for entry in payment["invoices"]),
        reference_number=payment["reference_number"],
        customer_id=payment["customer_id"],
        payee=payment["customer_name"],
    )
