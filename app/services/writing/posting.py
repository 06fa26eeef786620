"""Posting: the one careful loop that turns planned effects into documents.

Nothing is sent before its claim is committed; a claim holds only under our fence; a write is sent once; an answer
nobody can read leaves the effect in doubt. Each step is a short transaction of its own.
"""

from __future__ import annotations

from contextlib import closing

import msgspec
import sqlalchemy as sa

from app.domain.documents import Document
from app.domain.effects import SEND_DEADLINE, State, may_send
from app.ports import InDoubt, NotConnected, Refused, Temporary
from app.services import crash
from app.services.writing import drafts, guards, recording, spill
from app.services.writing.lease import HEARTBEAT
from app.services.writing.links import is_waited_for, links_for
from app.services.writing.work import Stop, Work
from app.store import outbox
from app.store.db import read, write
from app.store.outbox import Effect, Outcome

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
    links |= guards.link_for(work, effect)
    spill.require_space(work.outside)
    work.await_turn()
    work.lease.beat()
    crash.at("before_claim", effect.action)
    started = work.outside.clock.monotonic()
    recording.claim(work, effect)
    crash.at("after_claim", effect.action)
    if work.outside.clock.monotonic() - started > SEND_DEADLINE:
        recording.untouched(work, effect, Temporary("The worker was paused before it could send."))
        return True
    try:
        posted = work.posting.post(document, links)
    except Temporary as error:
        return _later(work, effect, error)
    except Refused as error:
        return _refused(work, group, effect, error)
    except NotConnected as error:
        recording.untouched(work, effect, error)
        raise
    except InDoubt as error:
        _doubt(work, effect, error)
        return False
    crash.at("after_reply", effect.action)
    recording.done(work, group, effect, document, posted)
    crash.at("after_record", effect.action)
    return False


def _later(work: Work, effect: Effect, error: Temporary) -> bool:
    """Nothing was done: wait and try again, or leave the rest to a later run."""
    recording.untouched(work, effect, error)
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
        recording.untouched(work, effect, error)
        drafts.learn_about(work, group)
        return True
    if error.cause == "customer" and work.customers.forget(str(effect.payload.get("customer_name", ""))):
        recording.untouched(work, effect, error)  # somebody may have deleted it: find it or make it anew
        return True
    if error.cause == "exists" and guards.refuses_doubles(work, effect):
        return _taken(work, effect, error)
    if error.cause == "credit_note_closed" and not effect.attempts:
        # Used up by whom, if not by this refund? Another install perhaps: a look-up tells.
        recording.record(work, effect, "in_doubt", recording.in_doubt(work, error, there=True))
        return False
    if guards.field_is_gone(work, effect, error):
        recording.untouched(work, effect, error)
        return True
    if error.cause in STOPPING_CAUSES:
        recording.untouched(work, effect, error)
        raise Stop("stopped", str(error), error.detail)
    locked = error.cause in LOCKED_CAUSES
    outcome = Outcome(
        state=State.HELD if locked else State.REFUSED,
        held_by="locked" if locked else None,
        trouble=str(error),
        trouble_detail=error.detail,
    )
    tried_before = effect.trouble is not None
    recording.record(work, effect, "refused", outcome)
    _refusals_in_a_row(work, error, tried_before=tried_before)
    return False


def _taken(work: Work, effect: Effect, error: Refused) -> bool:
    """Zoho Books has a document of our number or reference: ours perhaps, which a look-up by its reference tells.

    One that was looked up in vain before is held: Sync Now looks it up again, and sends it only if nothing is found.
    """
    if not effect.attempts:
        recording.record(work, effect, "in_doubt", recording.in_doubt(work, error, there=True))
        return False
    sentence = (
        f"{error} Change the number of that document in Zoho Books, and press Sync Now twice, half an hour apart."
    )
    held = Outcome(state=State.HELD, held_by="unsettled", trouble=sentence, trouble_detail=error.detail)
    recording.record(work, effect, "refused", held)
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
    recording.record(work, effect, "in_doubt", recording.in_doubt(work, error))
    _trouble(work, f"Zoho Books didn't answer {TROUBLES_IN_A_ROW} times in a row, so the rest waits.", error.detail)


def _trouble(work: Work, sentence: str, detail: str) -> None:
    work.troubles += 1
    if work.troubles >= TROUBLES_IN_A_ROW:
        raise Stop("stopped", sentence, detail)
