"""Placeholder room of the simulator: control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from app.simulator.server import Simulator


def blueprint(simulator: Simulator) -> Blueprint:
    return Blueprint("control", __name__)
