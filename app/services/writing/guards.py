"""Guards: what keeps a document from being written twice, kind by kind, beside the look-up that all have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from app.domain.documents import KIND_LABELS, DocumentKind
from app.ports import OutsideError, Refused
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.refusals import Refusal
from app.services.writing.work import Work
from app.store.connections import learn, learned
from app.store.db import read, write
from app.store.outbox import Effect

FIELD_LABEL, FIELD_NAME = "Tieout ref", "cf_tieout_ref"

_FIELD, _CHECKED = "unique_field:", "unique_field_checked"
_NUMBERED = (DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)
_WITH_FIELDS = (DocumentKind.INVOICE, DocumentKind.CUSTOMER_PAYMENT, DocumentKind.EXPENSE, DocumentKind.CREDIT_NOTE)

_RISKS = {
    "unique": "None known: Zoho Books itself refuses a second one.",
    "number": "None known: Zoho Books itself refuses a second one of the same number.",
    "look_up": "One sent and unanswered that arrives in Zoho Books later than the look-ups, 15 minutes on, is doubled. "
    "So is every one while another install writes to the same organization.",
}
_OTHER_CAUSES = frozenset({"exists", "missing", "customer", "period_locked"})
_FIELD_WORDS = re.compile(r"custom[ _]?field", re.I)
_NAMES = {"unique": "Unique field", "number": "Own number", "look_up": "Look-up"}


@dataclass(frozen=True)
class GuardView:
    """How one kind of document is guarded, what that still risks, and whether it can be raised."""

    kind: str
    level: str
    name: str
    risk: str
    can_be_raised: bool


@dataclass(frozen=True)
class GuardsView:
    """All kinds, and when the unique fields were last looked for; `field_label` is what to call them in Zoho Books."""

    kinds: list[GuardView]
    checked_at: datetime | None
    field_label: str
    field_name: str

    @property
    def raisable(self) -> list[str]:
        return [one.kind for one in self.kinds if one.can_be_raised]


def view(target: str, *, own_numbers: bool) -> GuardsView:
    """The guard of each kind as far as is known; `own_numbers` if Tieout's references number the documents."""
    with read() as session:
        known = learned(session, target)
    checked = known.get(_CHECKED)
    return GuardsView(
        [_view(kind, known, own_numbers=own_numbers) for kind in DocumentKind],
        datetime.fromisoformat(checked) if checked else None,
        FIELD_LABEL,
        FIELD_NAME,
    )


def _view(kind: DocumentKind, known: dict[str, str], *, own_numbers: bool) -> GuardView:
    level = "look_up"
    if own_numbers and kind in _NUMBERED:
        level = "number"
    if known.get(_FIELD + kind.value):
        level = "unique"
    return GuardView(
        KIND_LABELS[kind], level, _NAMES[level], _RISKS[level], level == "look_up" and kind in _WITH_FIELDS
    )


def check(outside: Outside, business_id: int) -> list[str]:
    """Read in Zoho Books which kinds have a unique field, and remember it; the labels of those that do.

    Only definitions are read, so no document is made. Refusal if they can't be read: then nothing changes.
    """
    try:
        books = books_connection.books_of(outside, business_id)
        found = books.posting.unique_fields()
    except OutsideError as error:
        raise Refusal(f"The fields could not be read. {error}", detail=error.detail) from error
    with write() as session:
        for kind in _WITH_FIELDS:
            learn(session, books.target, _FIELD + kind.value, found.get(kind, ""))
        learn(session, books.target, _CHECKED, outside.clock.now().isoformat())
    return [KIND_LABELS[kind] for kind in _WITH_FIELDS if found.get(kind)]


def fields_of(target: str) -> dict[str, str]:
    """By kind, the unique field to send the reference in; kinds without one are missing."""
    with read() as session:
        known = learned(session, target)
    return {name.removeprefix(_FIELD): value for name, value in known.items() if name.startswith(_FIELD) and value}


def refuses_doubles(work: Work, effect: Effect) -> bool:
    """Whether Zoho Books would refuse this document, were it there already."""
    kind = effect.action.removeprefix("create_")
    return bool(effect.payload.get("number")) or kind in work.unique_fields


def link_for(work: Work, effect: Effect) -> dict[str, str]:
    """The unique field of this kind of document, as `post` takes it; empty where there is none."""
    field = work.unique_fields.get(effect.action.removeprefix("create_"))
    return {"unique_field": field} if field else {}


def field_is_gone(work: Work, effect: Effect, error: Refused) -> bool:
    """Whether a document was refused because of its unique field, deleted in Zoho Books perhaps: it is sent without it
    from now on, until somebody checks again."""
    kind = effect.action.removeprefix("create_")
    if kind not in work.unique_fields or error.cause in _OTHER_CAUSES or not _FIELD_WORDS.search(error.detail):
        return False
    work.unique_fields = {name: value for name, value in work.unique_fields.items() if name != kind}
    with write() as session:
        learn(session, work.target, _FIELD + kind, "")
    return True
