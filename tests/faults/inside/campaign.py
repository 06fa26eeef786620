"""Many trials of one guard level: what was tried, what was hit, and everything that went wrong, with its replay."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.inside.disasters import BEYOND, WRITES, spoil
from tests.faults.inside.judge import judge
from tests.faults.inside.matrix import Cell, cells_of
from tests.faults.inside.scenes import Scene, make_scenes
from tests.faults.inside.stage import Stage, open_stage, post
from tests.faults.inside.trials import LOOKED_UP_IN, Ground, Outcome, Trial, run, survey


@dataclass
class Tally:
    """Sums over many trials, in the words of the report."""

    runs: int = 0
    crashes: int = 0
    faults: int = 0
    expected: int = 0
    found: int = 0
    duplicates: int = 0
    losses: int = 0
    cents_off: int = 0
    orphan_payments: int = 0
    stuck: int = 0
    parked: int = 0
    unreasoned: int = 0
    violations: int = 0
    seconds: float = 0.0
    cells: set[Cell] = field(default_factory=set)
    points: set[str] = field(default_factory=set)
    extra: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def take(self, outcome: Outcome, replay: str) -> None:
        """Add one trial; a wrong one is kept with the words that replay it."""
        self.runs += 1
        self.crashes += outcome.crashes
        self.faults += outcome.faults
        for name in ("expected", "found", "duplicates", "losses", "cents_off", "orphan_payments", "stuck", "parked",
                     "unreasoned", "violations"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(outcome.verdict, name))
        self.cells |= {cell for strike in outcome.struck for cell in cells_of(outcome.trial, strike)}
        self.points |= outcome.points
        self.extra[outcome.extra] += 1
        if not outcome.verdict.is_right:
            self.wrong.append(f"{replay}: {outcome.trial}\n    " + "\n    ".join(outcome.verdict.sayings[:6]))

    def add(self, other: Tally) -> None:
        """Join what another campaign found."""
        for name, value in vars(other).items():
            own = getattr(self, name)
            if isinstance(own, set | Counter):
                own.update(value)
            else:
                setattr(self, name, own + value)

    def percentile(self, share: float) -> int:
        """Extra calls that so many of the trials didn't exceed."""
        ordered = sorted(self.extra.elements())
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0


@dataclass
class Campaign:
    """A stage with every scene of one guard level made ready."""

    stage: Stage
    guard: str
    scenes: dict[str, Scene]
    ground: Ground

    def run(self, trials: Iterable[tuple[str, Trial]]) -> Tally:
        """Try all of them; each comes with the words that replay it."""
        tally, began = Tally(), time.perf_counter()
        for replay, trial in trials:
            tally.take(self.one(trial), replay)
        tally.seconds = time.perf_counter() - began
        return tally

    def one(self, trial: Trial) -> Outcome:
        """One trial."""
        outcome = run(self.stage, self.scenes[trial.scene], trial)
        outcome.extra = max(len(self.stage.wire.calls) - self.ground.calls[trial.scene, trial.whole], 0)
        return outcome

    def late(self) -> dict[int, tuple[int, int]]:
        """F10 beyond the quarantine: by seconds, how many writes were tried and how many documents came twice."""
        found = {}
        for seconds, name in BEYOND.items():
            doubled = 0
            for write, scene in zip(WRITES, LOOKED_UP_IN, strict=True):
                doubled += self._late_by(self.scenes[scene], name, write)
            found[seconds] = (len(WRITES), doubled)
        return found

    def _late_by(self, scene: Scene, name: str, write: str) -> int:
        self.stage.put_back(scene.planned)
        spoil(self.stage, name, write)
        for _minute in range(40):
            self.stage.work(job=post)
            self.stage.advance(minutes=1)
        return judge(self.stage, scene.due).duplicates

    def second_install(self) -> tuple[int, int]:
        """F31: at every call of one install another one of the same settings does all of its work: tried, doubled."""
        tried = doubled = 0
        for scene in (self.scenes[name] for name in ("sale", "refund", "void", "payout")):
            for place, detail, nth in self.ground.places[scene.name, False]:
                if place == "call":
                    tried += 1
                    doubled += self._beside(scene, detail, nth)
        return tried, doubled

    def _beside(self, scene: Scene, operation: str, nth: int) -> int:
        self.stage.put_back(scene.planned)
        seen, copy = [0], [scene.planned]

        def told(place: str, detail: str) -> None:
            if (place, detail) == ("call", operation):
                seen[0] += 1
                if seen[0] == nth:
                    copy[0] = self.stage.as_copy(copy[0], post)

        self.stage.work(told, post)
        for _round in range(4):
            self.stage.advance(minutes=11)
            self.stage.work(job=post)
            copy[0] = self.stage.as_copy(copy[0], post)
        return judge(self.stage, scene.due).duplicates


@contextmanager
def campaign(guard: str) -> Iterator[Campaign]:
    """Everything ready for trials of a guard level. AssertionError if a world is wrong before anything happened."""
    with open_stage() as stage:
        scenes = make_scenes(stage, guard)
        ground = survey(stage, scenes)
        gc.collect()
        gc.freeze()  # all that is there stays: nothing of it has to be looked through again
        try:
            yield Campaign(stage, guard, scenes, ground)
        finally:
            gc.unfreeze()
