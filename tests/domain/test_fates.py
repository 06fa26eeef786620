"""A movement's fate is its rule's, or the worst state among its effects."""

from __future__ import annotations

import pytest

from app.domain.effects import State, may_send
from app.domain.fates import RULES, Fate, fate_of, remedy_for, sentence_for


@pytest.mark.parametrize(
    ("states", "fate"),
    [
        ([State.DONE, State.DONE], Fate.POSTED),
        ([State.DONE, State.PLANNED], Fate.WAITING),
        ([State.DONE, State.SENDING], Fate.WAITING),
        ([State.IN_DOUBT, State.PLANNED], Fate.WAITING),
        ([State.HELD, State.IN_DOUBT], Fate.HELD),
        ([State.REFUSED, State.HELD, State.DONE], Fate.FAILED),
    ],
)
def test_worst_state_among_the_effects_decides(states: list[State], fate: Fate) -> None:
    assert fate_of("documents", states) is fate


def test_done_charge_of_a_day_is_in_its_summary() -> None:
    assert fate_of("summary", [State.DONE]) is Fate.IN_SUMMARY
    assert fate_of("summary", [State.DONE, State.HELD]) is Fate.HELD


def test_undecided_movement_waits_for_the_next_sync() -> None:
    assert fate_of(None, []) is Fate.WAITING
    assert "next sync" in sentence_for(None, None, [])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_says_its_fate_in_a_whole_sentence(rule: str) -> None:
    said = sentence_for(rule, "31 Oct 2026", [])

    assert said.endswith(".")
    assert "{" not in said
    assert said.startswith({"excluded": "Left out", "held": "Held", "waiting": "Waiting"}[fate_of(rule, []).value])


@pytest.mark.parametrize("rule", sorted(name for name, rule in RULES.items() if rule.fate is Fate.HELD))
def test_every_held_rule_says_what_a_person_can_do(rule: str) -> None:
    assert remedy_for(rule)


def test_group_with_a_doubtful_member_sends_nothing() -> None:
    assert may_send([State.DONE, State.PLANNED])
    assert not may_send([State.IN_DOUBT, State.PLANNED])
    assert not may_send([State.SENDING, State.PLANNED])
