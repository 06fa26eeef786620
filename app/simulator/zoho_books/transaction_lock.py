"""The transaction lock: documents dated on or before its date can't be made, changed or deleted."""

from __future__ import annotations

from app.simulator.zoho_books.answers import Answer, ok
from app.simulator.zoho_books.book import Call, Handler


def _get(call: Call) -> Answer:
    lock = call.book.organization["lock_date"]
    return ok(
        transaction_lock={
            "transaction_lock_id": f"{call.book.id}0",
            "transaction_lock_status": "enabled" if lock else "disabled",
            "transaction_lock_date": lock or "",
            "lock_status": "locked" if lock else "unlocked",
            "lock_scope": 0,
            "lock_scope_formatted": "All",
            "status": "active",
            "reason": "",
        }
    )


HANDLERS: dict[str, Handler] = {"get_transaction_lock": _get}
