"""The simulator's own pages and switches: for people a page, for tests and the demo JSON.

None of this stands for anything outside: no code of the application may call it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from app.simulator.control import pages, switches, truths

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator


def blueprint(simulator: Simulator) -> Blueprint:
    """The page at `/`, the books' web addresses at `/books`, JSON below `/__control` and `/__truth`."""
    control = Blueprint(
        "control", __name__, template_folder="templates", static_folder="static", static_url_path="/simulator"
    )
    pages.register(control, simulator)
    switches.register(control, simulator)
    truths.register(control, simulator)
    return control
