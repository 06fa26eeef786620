"""Audits as pages show them: what was compared last, and what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.documents import KIND_LABELS, DocumentKind
from app.store import audits
from app.store.audits import AuditFinding
from app.store.db import read

MOST = 20
"""So many differences are shown; the count tells of the others."""

LABELS = {
    "missing": "Missing",
    "void": "Void",
    "double": "Double",
    "changed": "Changed",
    "unknown": "Not written from here",
}


@dataclass(frozen=True)
class FindingView:
    """One difference. `document_id` is 0 for a document that nobody here wrote."""

    label: str
    kind: str
    reference: str
    day: date
    sentence: str
    found_at: datetime
    cleared_at: datetime | None
    document_id: int


@dataclass(frozen=True)
class AuditView:
    """The newest sweep: `compared` of `total` documents, sampled where not all fitted into its share of calls."""

    at: datetime
    first_day: date
    last_day: date
    older: tuple[date, date] | None
    compared: int
    total: int
    differing: int
    findings: list[FindingView]

    @property
    def sampled(self) -> bool:
        return self.compared < self.total and self.older is not None


def newest(business_id: int) -> AuditView | None:
    """The newest sweep of a business with what differs still, None if there was none."""
    with read() as session:
        row = audits.latest(session, business_id)
        if row is None:
            return None
        rows = audits.open_findings(session, business_id)
    older = (row.older_first, row.older_last) if row.older_first and row.older_last else None
    return AuditView(
        at=row.at,
        first_day=row.first_day,
        last_day=row.last_day,
        older=older,
        compared=row.compared,
        total=row.total,
        differing=len(rows),
        findings=[_view(one) for one in rows[:MOST]],
    )


def of_document(document_id: int) -> list[FindingView]:
    """Everything that ever differed on a document, oldest first."""
    with read() as session:
        return [_view(one) for one in audits.of_effect(session, document_id)]


def _view(row: AuditFinding) -> FindingView:
    return FindingView(
        label=LABELS[row.what],
        kind=KIND_LABELS[DocumentKind(row.kind)],
        reference=row.reference,
        day=row.document_date,
        sentence=row.sentence,
        found_at=row.found_at,
        cleared_at=row.cleared_at,
        document_id=row.effect_id or 0,
    )
