"""Placeholder room of the simulator: zoho_books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from app.simulator.server import Simulator


def blueprint(simulator: Simulator) -> Blueprint:
    return Blueprint("zoho_books", __name__)
