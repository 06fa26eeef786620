"""What handlers hand to services: this process's outside world and configuration."""

from __future__ import annotations

from typing import cast

from flask import current_app

from app.config import Config
from app.services.outside import Outside


def outside() -> Outside:
    """The outside world the application was built with."""
    return cast("Outside", current_app.extensions["outside"])


def config() -> Config:
    """The configuration the application was built with."""
    return cast("Config", current_app.extensions["config"])
