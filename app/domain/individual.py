"""Individual mode: the documents of one charge."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from app.domain.channels import label_of
from app.domain.charges import Charge
from app.domain.documents import CustomerPayment, Document, Expense, Invoice, Line
from app.domain.money import exchange_rate
from app.domain.references import for_charge
from app.domain.rules import Rules
from app.domain.zones import accounting_date


def sales_customer(currency: str) -> str:
    """The customer that carries all sales of one currency: in Zoho a contact's currency can't change."""
    return f"HitPay Sales ({currency})"


def documents_for(charge: Charge, rules: Rules, zone: ZoneInfo) -> tuple[Document, ...]:
    """Invoice, customer payment and, unless the fee is zero, expense of a charge whose home amount is known.

    A foreign charge carries the rate that makes its home amount arrive at the clearing account.
    """
    reference = for_charge(charge.id)
    home = charge.home if charge.home and charge.home.currency != charge.gross.currency else None
    rate = exchange_rate(home, charge.gross) if home else None
    day = accounting_date(charge.paid_at, zone)
    words = _description(charge)
    customer = sales_customer(charge.gross.currency)
    documents: list[Document] = [
        Invoice(
            reference=reference,
            date=day,
            customer_name=customer,
            currency=charge.gross.currency,
            lines=(Line(item_id=rules.default_item, description=words, amount=charge.gross),),
            exchange_rate=rate,
        ),
        CustomerPayment(
            reference=reference,
            date=day,
            customer_name=customer,
            amount=charge.gross,
            account_id=rules.bank_account,
            description=words,
            exchange_rate=rate,
            home=home,
        ),
    ]
    if charge.fee:
        documents.append(
            Expense(
                reference=reference,
                date=day,
                amount=charge.fee,
                account_id=rules.fee_account,
                paid_through_account_id=rules.bank_account,
                description=f"HitPay fee on {charge.gross}",
            )
        )
    return tuple(documents)


def _description(charge: Charge) -> str:
    parts = [label_of(charge.channel)]
    if charge.order_reference:
        parts.append(f"order {charge.order_reference}")
    return ", ".join(parts)
