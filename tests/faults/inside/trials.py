"""A trial: one short world, disasters while it works, then calm, then the verdict. All of it follows from the seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from app.services import crash
from app.simulator import faults
from tests.faults.inside import disasters
from tests.faults.inside.disasters import AT_CALLS, AT_POINTS, AT_REPLIES, LOOK_UPS, SPOILED, WRITES, Job
from tests.faults.inside.judge import Verdict, judge
from tests.faults.inside.scenes import Scene
from tests.faults.inside.stage import Stage, post, post_pressed, press_sync_now, whole_run

LOOKED_UP_IN = ("first_sale", "sale", "sale", "sale", "refund", "refund", "payout")
"""The scenes in which each of the writes is done, in the order of `WRITES`."""

ALL_POINTS = frozenset(crash.ALL)
BY_LINE = AT_CALLS | AT_REPLIES
ROUNDS = 14
"""Looks at most after the storm: an effect may have to wait for two look-ups, an hour for a limit, and a day for the
next quota; nine of these rounds are ten minutes and more apart, the last ones a day."""


@dataclass(frozen=True)
class Strike:
    """One disaster: at a place of the work for the nth time, or (place "") on the nth call of an operation."""

    name: str
    place: str
    detail: str
    nth: int = 1

    def __str__(self) -> str:
        where = f"{self.place} {self.detail}".strip()
        return f"{self.name} at {where} ({self.nth})"


FIRST_COMMITS = 16
"""Those in which a run reads HitPay: later ones are like those of other scenes."""

PUT_BACK = (Strike("put back", "database", ""),)
"""Not a disaster in a process but between two: the database of the beginning takes the place of this one."""


@dataclass(frozen=True)
class Trial:
    """What is to be tried. Each inner tuple strikes one process; `whole` runs read and plan as well."""

    scene: str
    storm: tuple[tuple[Strike, ...], ...]
    whole: bool = False
    lag: int = 0

    def __str__(self) -> str:
        kind = "whole run" if self.whole else "posting"
        storm = "; then ".join(" and ".join(map(str, one)) for one in self.storm)
        how = f", lists lag {self.lag} s" * bool(self.lag)
        return f"{kind} of {self.scene}{how}: {storm}"


@dataclass
class Outcome:
    """How a trial went. `struck` is what really happened, at `points`; `missed` what didn't; `extra` calls beyond a
    calm run's."""

    trial: Trial
    verdict: Verdict
    struck: list[Strike] = field(default_factory=list)
    missed: list[Strike] = field(default_factory=list)
    scripted: list[tuple[Strike, str]] = field(default_factory=list)
    points: set[str] = field(default_factory=set)
    crashes: int = 0
    faults: int = 0
    rounds: int = 0
    extra: int = 0
    limited: int = 0


def run(stage: Stage, scene: Scene, trial: Trial) -> Outcome:
    """Safety, then liveness: the storm, then calm rounds until nothing is open, then Sync Now for what is parked."""
    stage.put_back(scene.before if trial.whole else scene.planned)
    job, pressed = (whole_run, press_sync_now) if trial.whole else (post, post_pressed)
    if trial.lag:
        stage.switch(list_lag_seconds=trial.lag)
    made = Outcome(trial, Verdict())
    for strikes in trial.storm:
        if strikes == PUT_BACK:
            stage.restore(scene.before.disk)
            made.struck += strikes
            stage.advance(minutes=7)
            continue
        _strike(stage, made, strikes, job)
        stage.advance(minutes=2)
    _look_back(stage, made)
    stage.switch(list_lag_seconds=0)
    made.rounds = _calm_down(stage, job)
    parked = judge(stage, scene.due).parked
    if parked:
        for _press in range(4):
            stage.work(job=pressed)
            stage.advance(minutes=31)
        _calm_down(stage, job)
    made.verdict = judge(stage, scene.due)
    made.verdict.parked = parked
    return made


def _strike(stage: Stage, made: Outcome, strikes: tuple[Strike, ...], job: Job) -> None:
    """One process, struck. A scripted fault that didn't strike this one waits for the next."""
    armed = []
    for one in strikes:
        if one.place:
            armed.append((one, *disasters.arm(stage, one.name, one.place, one.detail, one.nth, job)))
        else:
            made.scripted.append((one, disasters.spoil(stage, one.name, one.detail, one.nth)))

    def told(place: str, detail: str) -> None:
        for _one, hear, _struck in armed:
            hear(place, detail)

    made.crashes += not stage.work(told, job)
    made.points |= {place for place, _detail in stage.places if place in ALL_POINTS}
    for one, _hear, struck in armed:
        (made.struck if struck else made.missed).append(one)


def _look_back(stage: Stage, made: Outcome) -> None:
    """Which of the scripted faults struck in the storm: one may have waited for a later process."""
    left = {row["id"] for row in faults.pending(stage.state)}
    for one, key in made.scripted:
        (made.missed if key in left else made.struck).append(one)
    made.faults = sum(one.name in SPOILED or one.name in BY_LINE for one in made.struck)
    faults.clear(stage.state)


def _calm_down(stage: Stage, job: Job) -> int:
    for number in range(1, ROUNDS + 1):
        stage.advance(minutes=11) if number < 10 else stage.advance(days=1)
        stage.work(job=job)
        if not _open(stage, whole=job is whole_run):
            return number
    return ROUNDS


def _open(stage: Stage, *, whole: bool) -> bool:
    """Whether an effect is open, or no run has ended well since the storm."""
    found = stage.disk.execute("SELECT 1 FROM effects WHERE state IN ('planned', 'sending', 'in_doubt') LIMIT 1")
    last = stage.disk.execute("SELECT outcome FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    return found.fetchone() is not None or (whole and last[0] not in ("fine", "attention"))


@dataclass
class Ground:
    """For each scene, where a calm run comes by: the places at which a disaster may strike."""

    scenes: Mapping[str, Scene]
    places: dict[tuple[str, bool], list[tuple[str, str, int]]] = field(default_factory=dict)
    calls: dict[tuple[str, bool], int] = field(default_factory=dict)


def survey(stage: Stage, scenes: Mapping[str, Scene]) -> Ground:
    """Walk every scene once in calm, and write down the way."""
    ground = Ground(scenes)
    for whole in (False, True):
        for name, scene in scenes.items():
            stage.put_back(scene.before if whole else scene.planned)
            stage.work(lambda _place, _detail: None, whole_run if whole else post)
            counts: Counter[tuple[str, str]] = Counter()
            ground.places[name, whole] = []
            for place in stage.places:
                counts[place] += 1
                ground.places[name, whole].append((*place, counts[place]))
            ground.calls[name, whole] = len(stage.wire.calls)
    return ground


def any_trial(seed: int, ground: Ground) -> Trial:
    """A story nobody thought of."""
    dice = Random(seed)  # noqa: S311 - a story to tell, not a secret
    scene = dice.choice(("sale", "sale", "sale", "first_sale", "two_sales", "refund", "void", "payout",
                         "sale_and_refund", "past_midnight", "old_sale"))  # fmt: skip
    whole = dice.random() < 0.04
    places = ground.places[scene, whole]
    storm = tuple(_any_storm(dice, places) for _run in range(dice.choice((1, 1, 2, 3))))
    if whole and dice.random() < 0.4:
        storm += (PUT_BACK, _any_storm(dice, places))
    return Trial(scene, storm, whole, dice.choice((0, 0, 0, 60)))


def _any_storm(dice: Random, places: list[tuple[str, str, int]]) -> tuple[Strike, ...]:
    return tuple(_any_strike(dice, places) for _one in range(dice.choice((1, 1, 2))))


def _any_strike(dice: Random, places: list[tuple[str, str, int]]) -> Strike:
    calls = [one for one in places if one[0] == "call"]
    if dice.random() < 0.5 and calls:
        _place, operation, nth = dice.choice(calls)
        if dice.random() < 0.15:
            operation, nth = dice.choice(LOOK_UPS), 1
        if dice.random() < 0.9:
            names = [name for name in SPOILED if makes_sense(name, operation)]
            return Strike(dice.choice(names), "", operation, nth)
        name, place = dice.choice((("unreachable", "call"), ("slow drip", "reply")))
        return Strike(name, place, operation, nth)
    place, detail, nth = dice.choice(places)
    named = place in ALL_POINTS
    free = named or place in ("call", "reply")
    # Where a transaction is open nobody else can come, and a clock that steps there has stepped before.
    names = list(AT_POINTS) if free else ["killed", "killed", "power lost", "database locked", "disk full"]
    return Strike(dice.choice(names), place, detail, nth)


def every_cell(ground: Ground) -> Iterator[Trial]:
    """Every disaster at every place and call once, each in the smallest scene that comes by there.

    What the posting of planned documents comes by is struck there; the rest in whole runs.
    """
    met: set[tuple[str, str]] = set()
    for whole in (False, True):
        for (place, detail), scene in _smallest(ground, whole).items():
            if (place, detail) not in met:
                met.add((place, detail))
                yield from (_struck(scene, strike, whole) for strike in _at(place, detail))
    yield from _at_commits(ground)
    yield from _looking_up()
    yield from _put_back(ground)


def _struck(scene: str, strike: Strike, whole: bool) -> Trial:
    """What lands late has to be looked for before it has landed."""
    return Trial(scene, ((strike,), ()) if strike.name.startswith("lands") else ((strike,),), whole)


def _at_commits(ground: Ground) -> Iterator[Trial]:
    for scene, whole in (("sale_and_refund", False), ("first_sale", True), ("old_sale", True)):
        for place, detail, nth in ground.places[scene, whole]:
            if place in ("commit", "committed") and (scene != "old_sale" or nth <= FIRST_COMMITS):
                yield Trial(scene, ((Strike("killed", place, detail, nth),),), whole)


def _put_back(ground: Ground) -> Iterator[Trial]:
    for scene in ground.scenes:
        yield Trial(scene, ((),), whole=True)
        yield Trial(scene, ((), PUT_BACK, (), PUT_BACK, ()), whole=True)
    for name in AT_POINTS:
        for place in crash.RECOLLECTING:
            yield Trial("all", ((), PUT_BACK, (), (), (), (Strike(name, place, ""),)), whole=True)


def _smallest(ground: Ground, whole: bool) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for scene in sorted(ground.scenes, key=lambda name: len(ground.places[name, whole])):
        for place, detail, _nth in ground.places[scene, whole]:
            found.setdefault((place, detail), scene)
    return found


def _at(place: str, detail: str) -> Iterator[Strike]:
    if place in ("commit", "committed"):
        return
    if place in ("call", "reply"):
        yield Strike("killed", place, detail)
    else:
        yield from (Strike(name, place, detail) for name in AT_POINTS)
    if place == "reply":
        yield Strike("slow drip", "reply", detail)
    elif place == "call":
        yield Strike("unreachable", "call", detail)
        yield from (Strike(name, "", detail) for name in SPOILED if makes_sense(name, detail))


def makes_sense(name: str, operation: str) -> bool:
    """Only a write lands late. An unknown answer to a refresh ends the login: that is a row of its own."""
    if SPOILED[name].kind == "late":
        return operation in WRITES
    return operation != "refresh" or name != "200 with a code"


def _looking_up() -> Iterator[Trial]:
    """First a reply is lost; then every disaster strikes the look-up, with lists that lag and with lists that don't.

    A customer is looked for by the very next process, a document once its quarantine is over.
    """
    for write, listed, scene in zip(WRITES, LOOK_UPS, LOOKED_UP_IN, strict=True):
        lost = (Strike("reply lost, applied", "", write),)
        quiet: tuple[tuple[Strike, ...], ...] = () if write == "create_contact" else ((), ())
        for name in SPOILED:
            if makes_sense(name, listed):
                yield Trial(scene, (lost, *quiet, (Strike(name, "", listed),), ()))
        for name in AT_POINTS if quiet else ():
            yield Trial(scene, (lost, *quiet, (Strike(name, "looked_up", ""),), ()))
        if quiet:
            down = tuple(Strike("500, not applied", "", listed, nth) for nth in range(1, 9))
            yield Trial(scene, (lost, *quiet, down, *([()] * 7)))  # a read is tried four times: two look-ups fail whole
        for lag in (60, 600):
            yield Trial(scene, (lost, *quiet, ()), False, lag)
        for name, place in (("unreachable", "call"), ("slow drip", "reply"), ("killed", "call"), ("killed", "reply")):
            yield Trial(scene, (lost, *quiet, (Strike(name, place, listed),), ()))
