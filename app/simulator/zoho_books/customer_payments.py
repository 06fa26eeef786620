"""Customer payments: applied to invoices of one customer, the excess kept as credit, refunds of the excess."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from app.simulator.ledger import Line
from app.simulator.state import Row
from app.simulator.zoho_books import receivables
from app.simulator.zoho_books.accounts import MONEY_TYPES
from app.simulator.zoho_books.answers import Answer, ZohoError, invalid, ok, text_of
from app.simulator.zoho_books.book import Book, Call, Handler, balanced
from app.simulator.zoho_books.contacts import customer
from app.simulator.zoho_books.custom_fields import release_values, take_values
from app.simulator.zoho_books.listing import Listing, lister, page
from app.simulator.zoho_books.payment_entries import applied, enter_payment, unused

NOUN = "Payment"
ZERO = Decimal(0)


def _create(call: Call) -> Answer:
    book, body = call.book, call.body
    payer = customer(book, body["customer_id"])
    book.require_open(body["date"])
    code = payer["currency_code"]
    amount = book.money(body["amount"], "amount", code)
    charges = Decimal(str(body.get("bank_charges") or 0))
    if not ZERO <= charges <= amount:
        raise invalid("bank_charges")
    account = book.account(body.get("account_id") or book.system_account("undeposited"), "account_id", MONEY_TYPES)
    new_id = book.new_id()
    row: Row = {
        "id": new_id,
        "number": str(book.next_number("customer_payments")),
        "customer_id": payer["id"],
        "customer_name": payer["contact_name"],
        "email": payer["email"],
        "payment_mode": body["payment_mode"],
        "amount": amount,
        "amount_refunded": ZERO,
        "bank_charges": charges,
        "date": body["date"],
        "reference_number": body.get("reference_number", ""),
        "description": body.get("description", ""),
        "account_id": account["id"],
        "account_name": account["account_name"],
        "currency_id": payer["currency_id"],
        "currency_code": code,
        "exchange_rate": book.rate(book.currency(code=code), body.get("exchange_rate")),
        "custom_fields": take_values(book, "customer_payments", body, new_id),
    }
    row["invoices"] = list(_apply(book, row, body["invoices"]))
    stored = book.add("customer_payments", row)
    enter_payment(book, stored)
    return ok("The payment has been created.", 201, payment=_show(book, stored))


def _apply(book: Book, payment: Row, wanted: Iterable[Row]) -> Iterable[Row]:
    left = payment["amount"]
    for entry in wanted:
        invoice = book.get("invoices", entry["invoice_id"], "Invoice")
        amount = book.money(entry["amount_applied"], "amount_applied", payment["currency_code"])
        if invoice["customer_id"] != payment["customer_id"]:
            raise invalid("invoice_id")
        receivables.require_payable(book, invoice, amount)
        left -= amount
        if left < 0:
            raise ZohoError(24018, "The amount applied to the invoices is more than the amount of the payment.")
        base = receivables.settle(book, invoice, amount, "payment_made", payment["id"], payment["date"])
        yield {
            "invoice_id": invoice["id"],
            "invoice_number": invoice["invoice_number"],
            "invoice_payment_id": book.new_id(),
            "date": invoice["date"],
            "invoice_amount": invoice["total"],
            "amount_applied": amount,
            "base": base,
        }


def _found(call: Call, part: str = "payment_id") -> Row:
    return call.book.get("customer_payments", call.path[part], NOUN)


def _delete(call: Call) -> Answer:
    book, payment = call.book, _found(call)
    book.require_open(payment["date"])
    if payment["amount_refunded"]:
        raise ZohoError(24019, "The payment has been refunded. Hence it cannot be deleted.")
    for entry in payment["invoices"]:
        receivables.release(book, entry["invoice_id"], payment["id"])
    book.ledger.reverse(payment["id"])
    release_values(book, payment)
    book.remove("customer_payments", payment["id"])
    return ok("The payment has been deleted.")


def _refund(call: Call) -> Answer:
    book, body = call.book, call.body
    payment = _found(call, "customer_payment_id")
    book.require_open(body["date"])
    amount = book.money(body["amount"], "amount", payment["currency_code"])
    if amount > unused(payment):
        raise ZohoError(24018, "The amount refunded is more than the amount left of the payment.")
    source = book.account(body["from_account_id"], "from_account_id", MONEY_TYPES)
    rate = book.rate(book.currency(code=payment["currency_code"]), body.get("exchange_rate", payment["exchange_rate"]))
    refund = book.add("payment_refunds", _refund_row(book, payment, body, amount, rate))
    book.save("customer_payments", {**payment, "amount_refunded": payment["amount_refunded"] + amount})
    base = book.round(amount * rate)
    lines = [
        Line(
            book.system_account("unearned"),
            amount,
            book.round(amount * payment["exchange_rate"]),
            payment["currency_code"],
        ),
        book.line(source["id"], -amount, -base, payment["currency_code"]),
    ]
    book.ledger.post(
        refund["id"], body["date"], balanced(book, lines, "exchange"), kind="payment_refund", number="",
        reference_number=refund["reference_number"], customer_id=payment["customer_id"], payee=payment["customer_name"],
    )  # fmt: skip
    message = "The refund information for this payment has been saved."
    return ok(message, payment_refunds=[{**_show_refund(book, refund), "amount": amount}])


def _refund_row(book: Book, payment: Row, body: Row, amount: Decimal, rate: Decimal) -> Row:
    return {
        "id": book.new_id(),
        "payment_id": payment["id"],
        "customer_id": payment["customer_id"],
        "date": body["date"],
        "refund_mode": body.get("refund_mode", ""),
        "reference_number": body.get("reference_number", ""),
        "description": body.get("description", ""),
        "from_account_id": body["from_account_id"],
        "amount": amount,
        "currency_code": payment["currency_code"],
        "exchange_rate": rate,
    }


def _list_refunds(call: Call) -> Answer:
    payment = _found(call, "customer_payment_id")
    return page(call, _REFUNDS, call.book.find("payment_refunds", "payment_id", payment["id"]))


def _show_refund(book: Book, row: Row) -> Row:
    same = ("payment_id", "date", "refund_mode", "reference_number", "description", "exchange_rate")
    return {
        "payment_refund_id": row["id"],
        **{name: row[name] for name in same},
        "amount_fcy": row["amount"],
        "amount_bcy": book.round(row["amount"] * row["exchange_rate"]),
    }


def _show(book: Book, row: Row) -> Row:
    same = ("payment_mode", "amount", "amount_refunded", "bank_charges", "date", "reference_number", "description",
            "customer_id", "customer_name", "email", "currency_id", "currency_code", "exchange_rate", "account_id",
            "account_name", "custom_fields")  # fmt: skip
    hidden = ("base",)
    return {
        "payment_id": row["id"],
        "payment_number": row["number"],
        "status": "success",
        **{name: row[name] for name in same},
        "unused_amount": unused(row),
        "bcy_amount": book.round(row["amount"] * row["exchange_rate"]),
        "invoices": [{k: v for k, v in entry.items() if k not in hidden} for entry in row["invoices"]],
    }


def _show_in_list(book: Book, row: Row) -> Row:
    same = ("date", "payment_mode", "amount", "reference_number", "customer_id", "customer_name", "account_id",
            "account_name", "description", "currency_code")  # fmt: skip
    return {
        "payment_id": row["id"],
        "payment_number": row["number"],
        "invoice_number": ", ".join(entry["invoice_number"] for entry in row["invoices"]),
        "invoice_numbers": ", ".join(entry["invoice_number"] for entry in row["invoices"]),
        **{name: row[name] for name in same},
        "bcy_amount": text_of(book.round(row["amount"] * row["exchange_rate"])),
        "unused_amount": unused(row),
        "applied_amount": applied(row),
    }


_LISTING = Listing(
    "customer_payments",
    "customerpayments",
    "Customer Payments",
    _show_in_list,
    text=("reference_number", "customer_name", "customer_id", "payment_mode"),
    dates=("date",),
    amounts=("amount",),
    search=("reference_number", "customer_name", "description"),
)
_REFUNDS = Listing("payment_refunds", "payment_refunds", "Refunds", _show_refund)

HANDLERS: dict[str, Handler] = {
    "list_customer_payments": lister(_LISTING),
    "create_customer_payment": _create,
    "get_customer_payment": lambda call: ok(payment=_show(call.book, _found(call))),
    "delete_customer_payment": _delete,
    "create_customer_payment_refund": _refund,
    "list_customer_payment_refunds": _list_refunds,
}
