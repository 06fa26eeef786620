"""The short form of kills nobody aimed: real processes and sockets, SIGKILL and SIGSTOP at seeded instants."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.harness import install
from tests.faults.processes import storm


@pytest.mark.parametrize("seed", [1])
def test_killed_at_any_instant_leaves_the_books_right(seed: int, tmp_path: Path, database: Path) -> None:
    with install(tmp_path, database) as made:
        told = storm(made, seed, 13)
        assert told.wrong == []
        assert told.killed >= 13
