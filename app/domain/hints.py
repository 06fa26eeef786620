"""Hints: what a provider's webhook says happened. Never believed, only a reason to read the thing itself. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class HintKind(StrEnum):
    """What is to be read again; `NOTHING` for events that don't concern the books."""

    CHARGE = "charge"
    PAYOUTS = "payouts"
    NOTHING = "nothing"


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the provider's id of a charge, "" where none is needed; `why` says why there is nothing to do."""

    kind: HintKind
    id: str = ""
    why: str = ""


class RegisteredWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as the platform has it."""

    id: str
    address: str
    events: tuple[str, ...]
