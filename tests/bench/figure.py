"""One measured figure beside the bound it has to hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """`measured` holds if it is at most `bound`, both in `unit`; `how` says what exactly was measured."""

    name: str
    measured: float
    bound: float
    unit: str = ""
    how: str = ""

    @property
    def holds(self) -> bool:
        return self.measured <= self.bound

    def lines(self) -> str:
        """Two lines to print."""
        unit = f" {self.unit}" if self.unit else ""
        verdict = "ok " if self.holds else "NOT"
        return f"{verdict}  {self.name}: {self.measured:.6g}{unit}  (hold <= {self.bound:g}{unit})\n       {self.how}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all `values` don't exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]
