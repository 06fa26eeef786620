"""Posting: the one careful loop that turns planned effects into documents.

Nothing is sent before its claim is committed; a claim holds only under our fence; a write is sent once; an answer
nobody can read leaves the effect in doubt. Each step is a short transaction of its own.
"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from app.domain.comparing import rounding, wrong_total
from app.domain.documents import CreditNoteRefund, Document
from app.domain.effects import QUARANTINE, SEND_DEADLINE, State, may_send
from app.ports import InDoubt, NotConnected, OutsideError, Posted, Refused, Temporary
from app.services import crash
from app.services.writing import drafts
from app.services.writing.lease import HEARTBEAT, LostLease
from app.services.writing.links import is_waited_for, links_for
from app.services.writing.work import Stop, Work
from app.store import outbox
from app.store.db import read, write
from app.store.outbox import Effect, Outcome
from app.store.runs import count_done

BATCH = 50
"""Groups read at once, and invoices made before one bulk call marks them sent where drafts take no payment."""

WAITS = 3
"""How often in a row one run waits for a limit to pass before it leaves the rest to the next run."""

LONGEST_WAIT = 120.0
TROUBLES_IN_A_ROW = 3

STOPPING_CAUSES = frozenset({"missing_permission", "organization", "plan_limit", "trial_over"})
"""Refusals that would meet every other document too."""

LOCKED_CAUSES = frozenset({"period_locked"})

_document = msgspec.json.Decoder(Document)
"""Built once: `msgspec.convert` would look through all kinds of documents at each call."""


def post_open(work: Work) -> None:
    """Send everything that may be sent, oldest documents first. Stop when the rest has to wait.

    What waits for another group is taken up in the next pass; a pass that sent nothing is the last.
    """
    work.drafts_ok = drafts.are_ok(work)
    with read() as session:
        work.plan = outbox.planned_ids(session, work.lease.business_id, work.target)
    before: list[str] = []
    with closing(work.writer):
        while (keys := _planned_groups(work)) != before:
            before = keys
            for start in range(0, len(keys), BATCH):
                _post_chunk(work, keys[start : start + BATCH])


def _planned_groups(work: Work) -> list[str]:
    with read() as session:
        return outbox.planned_groups(session, work.lease.business_id, work.target)


def _post_chunk(work: Work, keys: list[str]) -> None:
    with read() as session:
        groups = list(outbox.of_groups(session, work.lease.business_id, keys).values())
    for some in [[group] for group in groups] if work.drafts_ok else [groups]:
        _post_batch(work, some)


def _post_batch(work: Work, groups: list[list[Effect]]) -> None:
    for group in groups:
        _send_if_ready(work, group, group[0])
    unpaid = [group[0].books_id for group in groups if group[0].books_id and _is_unpaid(group)]
    if unpaid and not work.drafts_ok:
        drafts.mark_sent(work, unpaid)
    for group in groups:
        for effect in group[1:]:
            _send_if_ready(work, group, effect)


def _send_if_ready(work: Work, group: list[Effect], effect: Effect) -> None:
    states = [State(one.state) for one in group]
    if effect.id not in work.plan or State(effect.state) is not State.PLANNED or not may_send(states):
        return
    if is_waited_for(group, effect):
        return
    if effect.not_before and effect.not_before > work.outside.clock.now():
        return
    if effect.action == "create_invoice" and work.invoices_stopped:
        return
    crash.at("between_effects", effect.action)
    while _attempt(work, group, effect):
        pass


def _attempt(work: Work, group: list[Effect], effect: Effect) -> bool:
    """One claim, send and record; True if the same effect is to be tried again at once."""
    document = _document.decode(msgspec.json.encode(effect.payload))
    try:
        links = links_for(work.target, work.customers, group, document)
    except Refused as error:
        return _unsendable(work, effect, error)
    work.await_turn()
    work.lease.beat()
    crash.at("before_claim", effect.action)
    started = work.outside.clock.monotonic()
    _claim(work, effect)
    crash.at("after_claim", effect.action)
    if work.outside.clock.monotonic() - started > SEND_DEADLINE:
        _untouched(work, effect, Temporary("The worker was paused before it could send."))
        return True
    try:
        posted = work.posting.post(document, links)
    except Temporary as error:
        return _later(work, effect, error)
    except Refused as error:
        return _refused(work, group, effect, error)
    except NotConnected as error:
        _untouched(work, effect, error)
        raise
    except InDoubt as error:
        _doubt(work, effect, error)
        return False
    crash.at("after_reply", effect.action)
    _done(work, group, effect, document, posted)
    crash.at("after_record", effect.action)
    return False


def _claim(work: Work, effect: Effect) -> None:
    lease, now = work.lease, work.outside.clock.now()
    with work.writer as rows:
        taken = outbox.claim(rows, effect.id, lease.business_id, lease.owner, lease.fence, now, effect.payload_hash)
    if not taken:
        raise LostLease


def _record(work: Work, effect: Effect, said: str, outcome: Outcome) -> None:
    """Move the effect out of `sending` and note the attempt, in one transaction, if the fence is still ours."""
    fence, at = work.lease.fence, outcome.done_at or work.outside.clock.now()
    with work.writer as rows:
        ours = outbox.record(rows, effect.id, fence, outcome)
        outbox.note(rows, effect.id, fence, at, "send", said, outcome.trouble or outcome.books_id or "")
        if ours and outcome.state == State.DONE:
            count_done(rows, work.run_id)
    if not ours:
        raise LostLease
    for name in Outcome.__struct_fields__:
        if getattr(effect, name) != (value := getattr(outcome, name)):
            setattr(effect, name, value)


def _untouched(work: Work, effect: Effect, error: OutsideError) -> None:
    """Nothing was written: the effect is planned as before."""
    _record(work, effect, "not_sent", Outcome(state=State.PLANNED, trouble=str(error), trouble_detail=error.detail))


def _done(work: Work, group: list[Effect], effect: Effect, document: Document, posted: Posted) -> None:
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
    _record(work, effect, "done", outcome)
    if note and effect.action == "create_invoice":
        work.invoices_stopped = note


def _rounding(group: list[Effect], document: Document, posted: Posted) -> int | None:
    """What the rate's rounding missed. Zoho Books tells no rate of a credit note's refund, but of the note, which was
    sent the same one (Zoho Books v3, credit-notes)."""
    note = next((one for one in group if one.action == "create_credit_note"), None)
    if isinstance(document, CreditNoteRefund) and posted.home is None and note is not None:
        return note.difference_minor
    return rounding(document, posted.home)


def _later(work: Work, effect: Effect, error: Temporary) -> bool:
    """Nothing was done: wait and try again, or leave the rest to a later run."""
    _untouched(work, effect, error)
    wait = error.retry_after or 5.0
    work.waits += 1
    if error.daily:
        raise Stop("delayed", str(error), error.detail)
    if work.waits > WAITS or wait > LONGEST_WAIT:
        raise Stop("stopped", str(error), error.detail)
    _wait(work, wait)
    return True


def _wait(work: Work, seconds: float) -> None:
    """Sleep, saying now and then that we are still here: a limit may last longer than a lease."""
    while seconds > 0:
        part = min(seconds, HEARTBEAT)
        work.outside.clock.sleep(part)
        work.lease.beat(now=True)
        seconds -= part


def _refused(work: Work, group: list[Effect], effect: Effect, error: Refused) -> bool:
    if error.cause == "invoice_is_draft" and work.drafts_ok:
        _untouched(work, effect, error)
        drafts.learn_about(work, group)
        return True
    if error.cause == "customer" and work.customers.forget(str(effect.payload.get("customer_name", ""))):
        _untouched(work, effect, error)  # somebody may have deleted it: find it or make it anew
        return True
    if error.cause == "exists" and effect.payload.get("number"):
        return _number_taken(work, effect, error)
    if error.cause in STOPPING_CAUSES:
        _untouched(work, effect, error)
        raise Stop("stopped", str(error), error.detail)
    locked = error.cause in LOCKED_CAUSES
    outcome = Outcome(
        state=State.HELD if locked else State.REFUSED,
        held_by="locked" if locked else None,
        trouble=str(error),
        trouble_detail=error.detail,
    )
    tried_before = effect.trouble is not None
    _record(work, effect, "refused", outcome)
    _refusals_in_a_row(work, error, tried_before=tried_before)
    return False


def _number_taken(work: Work, effect: Effect, error: Refused) -> bool:
    """Zoho Books has a document of our number: ours perhaps, which a look-up by its reference tells.

    One that was looked up in vain before is held: Sync Now looks it up again, and sends it only if nothing is found.
    """
    if not effect.attempts:
        _record(work, effect, "in_doubt", _in_doubt(work, error))
        return False
    sentence = (
        f"{error} Change the number of that document in Zoho Books, and press Sync Now twice, half an hour apart."
    )
    held = Outcome(state=State.HELD, held_by="unsettled", trouble=sentence, trouble_detail=error.detail)
    _record(work, effect, "refused", held)
    return False


def _refusals_in_a_row(work: Work, error: Refused, *, tried_before: bool) -> None:
    """What was refused at an earlier time says nothing of what is new, so it doesn't count."""
    if not tried_before:
        said = f"Zoho Books refused {TROUBLES_IN_A_ROW} documents in a row, so the rest waits. {error}"
        _trouble(work, said, error.detail)


def _unsendable(work: Work, effect: Effect, error: Refused) -> bool:
    """Refused before it was claimed, because what it needs can't be had: its customer, for one."""
    if error.cause in STOPPING_CAUSES:
        raise error
    tried_before = effect.trouble is not None
    refused = {"state": State.REFUSED.value, "trouble": str(error), "trouble_detail": error.detail}
    with write() as session:
        work.lease.guard(session)
        session.execute(sa.update(Effect).where(Effect.id == effect.id, Effect.state == "planned").values(**refused))
    effect.state = State.REFUSED
    _refusals_in_a_row(work, error, tried_before=tried_before)
    return False


def _is_unpaid(group: list[Effect]) -> bool:
    return any(one.action == "create_customer_payment" and one.state == State.PLANNED for one in group)


def _doubt(work: Work, effect: Effect, error: InDoubt) -> None:
    _record(work, effect, "in_doubt", _in_doubt(work, error))
    _trouble(work, f"Zoho Books didn't answer {TROUBLES_IN_A_ROW} times in a row, so the rest waits.", error.detail)


def _in_doubt(work: Work, error: OutsideError) -> Outcome:
    now = work.outside.clock.now()
    return Outcome(
        state=State.IN_DOUBT,
        trouble=str(error),
        trouble_detail=error.detail,
        doubted_at=now,
        not_before=now + QUARANTINE + timedelta(seconds=SEND_DEADLINE),
    )


def _trouble(work: Work, sentence: str, detail: str) -> None:
    work.troubles += 1
    if work.troubles >= TROUBLES_IN_A_ROW:
        raise Stop("stopped", sentence, detail)
