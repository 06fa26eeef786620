"""Recording: the claim before a send and the outcome after it, each one short transaction under our fence.

An outcome that can't be recorded isn't lost: it is tried again for a while, then kept in the spill log.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from app.domain.comparing import rounding, wrong_total
from app.domain.documents import CreditNoteRefund, Document
from app.domain.effects import QUARANTINE, SEND_DEADLINE, State
from app.ports import OutsideError, Posted
from app.services.writing import spill
from app.services.writing.lease import LostLease
from app.services.writing.work import Stop, Work
from app.store import outbox
from app.store.db import database_error, read
from app.store.outbox import Effect, Outcome
from app.store.runs import count_done

log = structlog.get_logger()

KEEP_TRYING = 30.0
"""Seconds for which a recording is tried again while the database can't be written."""

_PAUSE = 1.0


def claim(work: Work, effect: Effect) -> None:
    """Take a planned effect for sending; LostLease if it isn't ours to take."""
    lease, now = work.lease, work.outside.clock.now()
    with work.writer as rows:
        taken = outbox.claim(rows, effect.id, lease.business_id, lease.owner, lease.fence, now, effect.payload_hash)
    if not taken:
        raise LostLease


def record(work: Work, effect: Effect, said: str, outcome: Outcome) -> None:
    """Move the effect out of `sending` and note the attempt, in one transaction, if the fence is still ours.

    Stop if the database can't be written: the outcome is in the spill log then, and the next run begins with it.
    """
    until = work.outside.clock.monotonic() + KEEP_TRYING
    tried_before = False
    while True:
        try:
            ours = _write(work, effect, said, outcome)
        except database_error() as error:
            log.warning("outcome not recorded", effect=effect.id, error=type(error).__name__)
            if work.outside.clock.monotonic() >= until:
                _spill(work, effect, outcome, error)
            tried_before = True
            work.outside.clock.sleep(_PAUSE)
        else:
            break
    if not ours and not (tried_before and _is_recorded(effect, outcome)):
        raise LostLease
    for name in Outcome.__struct_fields__:
        if getattr(effect, name) != (value := getattr(outcome, name)):
            setattr(effect, name, value)


def _write(work: Work, effect: Effect, said: str, outcome: Outcome) -> bool:
    fence, at = work.lease.fence, outcome.done_at or work.outside.clock.now()
    with work.writer as rows:
        ours = outbox.record(rows, effect.id, fence, outcome)
        outbox.note(rows, effect.id, fence, at, "send", said, outcome.trouble or outcome.books_id or "")
        if ours and outcome.state == State.DONE:
            count_done(rows, work.run_id)
    return ours


def _spill(work: Work, effect: Effect, outcome: Outcome, error: Exception) -> None:
    sentence = "Tieout's database can't be written, so nothing more is sent."
    try:
        spill.keep(work, effect, outcome)
    except OSError as worse:
        raise Stop("stopped", f"{sentence} Nor can the data folder: {worse.strerror}.", str(error)) from worse
    raise Stop("stopped", f"{sentence} What Zoho Books answered last is kept beside it.", str(error)) from error


def _is_recorded(effect: Effect, outcome: Outcome) -> bool:
    """Whether a commit that seemed to fail went through after all."""
    with read() as session:
        return outbox.state_of(session, effect.id) == outcome.state


def untouched(work: Work, effect: Effect, error: OutsideError) -> None:
    """Nothing was written: the effect is planned as before."""
    record(work, effect, "not_sent", Outcome(state=State.PLANNED, trouble=str(error), trouble_detail=error.detail))


def done(work: Work, group: list[Effect], effect: Effect, document: Document, posted: Posted) -> None:
    """It is in the books: done, or held if its total came out wrong, so that nothing is built on it."""
    work.troubles = work.waits = 0
    note = wrong_total(document, posted.total)
    outcome = Outcome(
        state=State.HELD if note else State.DONE,
        held_by="differs" if note else None,
        trouble=note or None,
        books_id=posted.id,
        books_number=posted.number or None,
        customer_id=posted.customer_id or None,
        done_at=work.outside.clock.now(),
        difference_minor=_rounding(group, document, posted),
    )
    record(work, effect, "done", outcome)
    if note and effect.action == "create_invoice":
        work.invoices_stopped = note


def _rounding(group: list[Effect], document: Document, posted: Posted) -> int | None:
    """What the rate's rounding missed. Zoho Books tells no rate of a credit note's refund, but of the note, which was
    sent the same one (Zoho Books v3, credit-notes)."""
    note = next((one for one in group if one.action == "create_credit_note"), None)
    if isinstance(document, CreditNoteRefund) and posted.home is None and note is not None:
        return note.difference_minor
    return rounding(document, posted.home)


def in_doubt(work: Work, error: OutsideError, *, there: bool = False) -> Outcome:
    """Nobody knows whether it was written. `there` if the books say so themselves: then a look need not wait."""
    now = work.outside.clock.now()
    return Outcome(
        state=State.IN_DOUBT,
        trouble=str(error),
        trouble_detail=error.detail,
        doubted_at=now,
        not_before=now if there else now + QUARANTINE + timedelta(seconds=SEND_DEADLINE),
    )
