"""Rules of the checklist: the order, the one next step, what is missing and who may do it."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.first_steps import Situation, steps

NOTHING: dict[str, Any] = {
    "provider_status": "not_connected", "books_status": "not_connected", "saved": False, "sync_on": False,
    "ever_synced": False,
}  # fmt: skip
WAY: tuple[dict[str, Any], ...] = (
    {}, {"provider_status": "connected"}, {"books_status": "choose_organization"}, {"books_status": "connected"},
    {"saved": True}, {"sync_on": True}, {"ever_synced": True},
)  # fmt: skip


def situation(count: int) -> Situation:
    """After the first `count` steps."""
    given = dict(NOTHING)
    for change in WAY[: count + 1]:
        given |= change
    return Situation(**given)


@pytest.mark.parametrize("done", range(7))
def test_steps_are_done_one_after_the_other_and_one_comes_next(done: int) -> None:
    found = steps(situation(done))
    assert [step.number for step in found] == [1, 2, 3, 4, 5, 6]
    assert [step.state for step in found] == ["done"] * done + ["now", "later", "later", "later", "later", "later"][
        : 6 - done
    ]
    assert all(step.missing for step in found[done:])


def test_connecting_is_for_owners_and_the_rest_for_bookkeepers() -> None:
    assert [step.who for step in steps(situation(0))] == ["owner"] * 3 + ["bookkeeper"] * 3


def test_zoho_connected_first_leaves_hitpay_as_the_next_step() -> None:
    found = steps(Situation(**NOTHING | {"books_status": "connected"}))
    assert [step.state for step in found[:3]] == ["now", "done", "done"]


def test_connection_that_was_given_up_is_named_so_and_comes_again() -> None:
    given = Situation(**NOTHING | {"provider_status": "connected", "books_status": "disconnected", "saved": True,
                                   "ever_synced": True})  # fmt: skip
    found = steps(given)
    assert [step.state for step in found] == ["done", "now", "later", "later", "later", "done"]
    assert "Zoho Books was disconnected." in found[1].missing


def test_login_that_stopped_working_is_no_step_back() -> None:
    broken = Situation(**NOTHING | {"provider_status": "failed", "books_status": "failed"})
    assert [step.state for step in steps(broken)[:4]] == ["done", "done", "done", "now"]
