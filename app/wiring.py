"""The only file that names real adapters."""

from __future__ import annotations

from app.config import Config
from app.services.outside import Outside


def build(config: Config) -> Outside:
    """The outside world as `config` describes it."""
    raise NotImplementedError
