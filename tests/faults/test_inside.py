"""The short form of the trials in this process: every cell of the fault matrix once, then worlds nobody thought of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.services import crash
from tests.faults.inside.campaign import Campaign, campaign
from tests.faults.inside.matrix import COLUMNS, cells_of, due, who_hits
from tests.faults.inside.trials import PUT_BACK, Strike, Trial, any_trial, every_cell

PARTS = 8
"""The trials of one guard level are dealt to as many tests, so that several processes share them."""

RANDOM = 96
"""Random worlds in the short form, over all parts."""


@pytest.fixture(scope="module")
def ready() -> Iterator[Campaign]:
    """Scenes of look-up and quarantine alone, the guard that leaves the most to the app."""
    with campaign("G1") as made:
        yield made


@pytest.mark.parametrize("part", range(PARTS))
def test_every_cell_is_hit_and_leaves_the_books_right(ready: Campaign, part: int) -> None:
    trials = [(number, one) for number, one in enumerate(every_cell(ready.ground)) if number % PARTS == part]
    for number, trial in trials:
        outcome = ready.one(trial)
        said = f"python -m tests.faults --replay G1:cell:{number}\n{trial}\n{outcome.verdict}"
        assert outcome.verdict.is_right, said
        assert not outcome.missed, f"didn't strike: {said}"


@pytest.mark.parametrize("part", range(PARTS))
def test_any_storm_leaves_the_books_right(ready: Campaign, part: int) -> None:
    for seed in range(part, RANDOM, PARTS):
        outcome = ready.one(any_trial(seed, ready.ground))
        said = f"python -m tests.faults --replay G1:seed:{seed}\n{outcome.trial}\n{outcome.verdict}"
        assert outcome.verdict.is_right, said


def test_the_trials_hold_every_cell_that_applies(ready: Campaign) -> None:
    held = {
        cell
        for trial in every_cell(ready.ground)
        for strikes in trial.storm
        for strike in strikes
        for cell in cells_of(trial, strike)
    }
    assert sorted(due() - held) == []


def test_the_trials_hold_every_crash_point(ready: Campaign) -> None:
    struck = {strike.place for trial in every_cell(ready.ground) for strikes in trial.storm for strike in strikes}
    assert set(crash.ALL) - struck == set()


@pytest.mark.parametrize("row", [f"F{number:02d}" for number in range(1, 43)])
@pytest.mark.parametrize("column", COLUMNS)
def test_every_cell_of_the_matrix_has_somebody_who_hits_it(row: str, column: str) -> None:
    assert who_hits(row, column)


def test_a_late_landing_within_the_quarantine_is_promised_and_later_ones_are_measured(ready: Campaign) -> None:
    """Look-ups alone promise nothing of what lands after them; the figure belongs into the report."""
    within = ready.one(Trial("sale", ((Strike("lands 299 s later", "", "create_invoice"),),)))
    assert within.verdict.is_right
    assert ready.late()[1200][1] > 0


def test_a_second_install_is_no_promise_of_the_look_up_alone(ready: Campaign) -> None:
    tried, doubled = ready.second_install()
    assert tried > 0
    assert doubled > 0


def test_database_put_back_after_the_clock_stepped_back_doubles_nothing(ready: Campaign) -> None:
    back = (Strike("clock back", "reply", "list_payouts"),)
    assert ready.one(Trial("sale", (back, PUT_BACK, ()), whole=True)).verdict.is_right
