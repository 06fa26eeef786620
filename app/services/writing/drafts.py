"""Drafts: some organizations take no payment on an invoice before it is marked as sent. Remembered per organization."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.ports import Refused
from app.services.writing.work import Work
from app.store.connections import learn, learned
from app.store.db import read, write
from app.store.outbox import Effect

_NAME = "draft_accepts_payment"


def are_ok(work: Work) -> bool:
    """Whether a draft takes a payment, as far as was learned."""
    with read() as session:
        return learned(session, work.target).get(_NAME) != "no"


def mark_sent(work: Work, invoice_ids: Sequence[str]) -> None:
    """Mark invoices as sent in one call; where one of them spoils it, each by itself, and the others go on."""
    work.posting.await_turn()
    try:
        work.posting.mark_sent(invoice_ids)
    except Refused:
        for invoice_id in invoice_ids if len(invoice_ids) > 1 else []:
            with suppress(Refused):
                work.posting.await_turn()
                work.posting.mark_sent([invoice_id])


def learn_about(work: Work, group: Sequence[Effect]) -> None:
    """A payment was refused because of that: remember it, and mark the group's invoice as sent."""
    work.drafts_ok = False
    with write() as session:
        learn(session, work.target, _NAME, "no")
    invoice = next(one for one in group if one.action == "create_invoice")
    mark_sent(work, [invoice.books_id or ""])
