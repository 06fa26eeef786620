"""What one run posts with, and how it ends early."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.ports import BooksPosting
from app.services.connections.call_budget import Allowance
from app.services.outside import Outside
from app.services.writing.customers import Customers
from app.services.writing.lease import HeldLease
from app.store.db import RowWriter


class Stop(Exception):  # noqa: N818 - how a run ends early, with what is left untouched
    """The run leaves the rest to a later one. `outcome` names why, the text says it to a person."""

    def __init__(self, outcome: str, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.outcome = outcome
        self.detail = detail


DELAYED = (
    "Today's calls to Zoho Books are used up, but for those kept for look-ups and repairs. Nothing failed: what waits "
    "goes on by itself when a new day of calls begins."
)


@dataclass
class Work:
    """What one run posts with. `plan` holds the effects it may send: nothing that was planned after it began to.

    `invoices_stopped` holds the reason once a total came out wrong. `unique_fields` names, by kind of document, the
    field that takes the reference and refuses doubles.
    """

    outside: Outside
    run_id: int
    target: str
    lease: HeldLease
    posting: BooksPosting
    customers: Customers
    plan: frozenset[int] = frozenset()
    drafts_ok: bool = True
    invoices_stopped: str = ""
    troubles: int = 0
    waits: int = 0
    unique_fields: dict[str, str] = field(default_factory=dict)
    allowance: Allowance | None = None
    writer: RowWriter = field(default_factory=RowWriter)

    def await_turn(self) -> None:
        """Wait for the turn of one more write; Stop as below."""
        self.check_allowance()
        self.posting.await_turn()

    def check_allowance(self) -> None:
        """Stop where the day's calls are used up but for the reserve."""
        if self.allowance is not None and self.allowance.spent():
            raise Stop("delayed", DELAYED)
