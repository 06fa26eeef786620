"""Named points at which tests let the process die. In production nothing is armed and `at` does nothing."""

from __future__ import annotations

from collections.abc import Callable

ONCE_A_RUN = ("before_plan", "planned", "after_plan", "after_customer")
LOOKING_UP = ("looked_up",)
TAKING_UP = ("spill_replayed",)
RECOLLECTING = ("books_listed", "found_planned")
SENDING_MAIL = ("mail_claimed", "mail_sent")
EACH_EFFECT = ("between_effects", "before_claim", "after_claim", "after_reply", "after_record")

ALL = (*ONCE_A_RUN, *LOOKING_UP, *TAKING_UP, *RECOLLECTING, *EACH_EFFECT)

_armed: list[Callable[[str, str], None]] = []


def at(point: str, detail: str = "") -> None:
    """Tell the armed one, if there is any, that the work has come to `point`."""
    for act in _armed:
        act(point, detail)


def arm(act: Callable[[str, str], None]) -> None:
    """From now on call `act(point, detail)` at every point. For tests only."""
    _armed.append(act)


def disarm() -> None:
    """Forget what was armed."""
    _armed.clear()
