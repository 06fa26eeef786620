"""Pages: one file a noun; handlers parse, call one service and render."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Attach every blueprint, in the order of the menu."""
