"""Stories that shrink: sales, refunds, storms, restores and reconnects in any order, held against the books."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.services import crash
from app.simulator.zoho_books import late, people
from tests.any_world import SLOW
from tests.faults.inside import disasters
from tests.faults.inside.campaign import Campaign, campaign
from tests.faults.inside.disasters import AT_POINTS, SPOILED, WRITES
from tests.faults.inside.stage import press_sync_now, whole_run
from tests.shop import ACCOUNT

_opened = ExitStack()
_ready: list[Campaign] = []

POINTS = sorted((*crash.ONCE_A_RUN, *crash.LOOKING_UP, *crash.EACH_EFFECT))
PLACES = [(place, "") for place in POINTS] + [("call", write) for write in WRITES] + [("reply", one) for one in WRITES]


def setup_module() -> None:
    """One install for all stories; each begins at the same moment of it."""
    _ready.append(_opened.enter_context(campaign("G1")))


def teardown_module() -> None:
    """Close it."""
    _ready.clear()
    _opened.close()


class Stories(RuleBasedStateMachine):
    """A shop with one sale to post; what happens next is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = _ready[0].stage
        scene = _ready[0].scenes["sale"]
        self.stage.put_back(scene.before)
        self.before = scene.before
        self.taken_away: set[str] = set()
        self.connected_again = self.login_is_old = False

    @rule(amount=st.integers(min_value=150, max_value=99_999), currency=st.sampled_from(["sgd", "sgd", "usd"]))
    def sell(self, amount: int, currency: str) -> None:
        rate = {"exchange_rate": "1.34567"} if currency == "usd" else {}
        self.stage.shop.world.add_charge(ACCOUNT, amount=f"{amount / 100:.2f}", currency=currency, **rate)
        self.stage.advance(minutes=1)

    @rule(share=st.sampled_from(["0.25", "1"]), number=st.integers(min_value=0, max_value=50))
    def refund(self, share: str, number: int) -> None:
        rows = [one for one in self._sales() if one["status"] == "succeeded"]
        if rows:
            row = rows[number % len(rows)]
            whole = row["amount"]
            self.stage.shop.world.refund(row["id"], None if share == "1" else round(whole / 4, 2))
            self.stage.advance(minutes=1)

    @rule(number=st.integers(min_value=0, max_value=50))
    def void(self, number: int) -> None:
        rows = [one for one in self._sales() if one["status"] == "succeeded"]
        if rows:
            self.stage.shop.world.change_charge(rows[number % len(rows)]["id"], status="void")
            self.stage.advance(minutes=1)

    @rule()
    def run(self) -> None:
        self.stage.advance(minutes=11)
        self.stage.work()

    @rule(name=st.sampled_from(sorted(AT_POINTS)), where=st.sampled_from(PLACES), nth=st.integers(1, 3))
    def run_into_disaster(self, name: str, where: tuple[str, str], nth: int) -> None:
        told, _struck = disasters.arm(self.stage, name, *where, nth, whole_run)
        self.stage.work(told)
        self.stage.advance(minutes=2)

    @rule(name=st.sampled_from(sorted(SPOILED)), operation=st.sampled_from(WRITES))
    def spoil(self, name: str, operation: str) -> None:
        disasters.spoil(self.stage, name, operation)

    @rule()
    def put_the_database_back(self) -> None:
        self.stage.restore(self.before.disk)
        self.login_is_old = self.connected_again

    @rule()
    def wait(self) -> None:
        self.stage.advance(hours=7)

    @rule()
    def reconnect(self) -> None:
        self.stage.shop.connect_books()
        self.connected_again, self.login_is_old = True, False

    @precondition(lambda self: not self.taken_away)
    @rule()
    def somebody_deletes_an_expense(self) -> None:
        rows = [one for one in self.stage.books.book.all("expenses") if one["reference_number"].startswith("HP-")]
        if rows and not self._is_open():
            shop = self.stage.shop
            people.delete(shop.simulator, shop.organization, "expenses", rows[-1]["id"])
            self.taken_away.add(rows[-1]["reference_number"])

    @invariant()
    def nothing_is_there_twice(self) -> None:
        late.land(self.stage.state, self.stage.shop.clock)
        book = self.stage.books.book
        for kind in ("invoices", "customer_payments", "expenses", "credit_notes", "credit_note_refunds",
                     "bank_transactions"):  # fmt: skip
            counts = Counter((row["reference_number"], row.get("transaction_type")) for row in book.all(kind))
            assert [key for key, count in counts.items() if count > 1] == []

    def teardown(self) -> None:
        """Once it is calm, each sale that wasn't voided has its documents.

        A database from before the last consent holds a login that Zoho gave up then: a person connects once more.
        """
        if self.login_is_old:
            self.reconnect()
        for number in range(16):
            self.stage.advance(minutes=11) if number < 10 else self.stage.advance(days=1)
            self.stage.work(job=press_sync_now)
            if number > 1 and not self._is_open():
                break
        self.nothing_is_there_twice()
        book = self.stage.books.book
        wanted = {f"HP-{row['id']}" for row in self._sales() if row["status"] != "void"}
        for kind in ("invoices", "customer_payments", "expenses"):
            missing = wanted - {row["reference_number"] for row in book.all(kind)} - self.taken_away
            assert missing == set(), (kind, self._left())

    def _sales(self) -> list[dict[str, Any]]:
        return self.stage.shop.world.charges(ACCOUNT)

    def _is_open(self) -> bool:
        return bool(self._left())

    def _left(self) -> list[tuple[Any, ...]]:
        asked = "SELECT action, reference, state, trouble FROM effects WHERE state <> 'done'"
        return list(self.stage.disk.execute(asked).fetchall())


TestStories = Stories.TestCase
TestStories.settings = settings(
    SLOW, max_examples=20, stateful_step_count=14, suppress_health_check=list(HealthCheck)
)  # fmt: skip
