"""Where the demo keeps its data, and that only one demo uses it at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.demo.problems import DemoProblem

_OURS = ("tieout.sqlite3*", "simulator.sqlite3*", "secret-key", "encryption-key", "clock", "clock.new", "*.log")


class Seeded(msgspec.Struct, frozen=True):
    """What a later start has to know of the first one: the user's id."""

    user_id: int


@dataclass(frozen=True)
class Folder:
    """The demo's own folder. Its data is whole only once `seeded.json` is there."""

    path: Path

    @property
    def clock(self) -> Path:
        return self.path / "clock"

    def log(self, name: str) -> Path:
        """The file in which one of the demo's processes writes."""
        return self.path / f"{name}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second demo out; DemoProblem if one is here already. A dead demo's lock is gone with it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise DemoProblem(
                    f"Another demo is running with the data in {self.path}. End that one first."
                ) from error
            yield

    def seeded(self) -> Seeded | None:
        """What the first start left, or None if there was none that came to its end."""
        try:
            return msgspec.json.decode(self._mark.read_bytes(), type=Seeded)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def keep(self, seeded: Seeded) -> None:
        """Declare the data whole."""
        self._mark.write_bytes(msgspec.json.encode(seeded))

    def clear(self) -> None:
        """Remove what a start that was broken off left behind, and nothing else."""
        self._mark.unlink(missing_ok=True)
        for pattern in _OURS:
            for file in self.path.glob(pattern):
                file.unlink()

    @property
    def _mark(self) -> Path:
        return self.path / "seeded.json"
