"""What the demo prints once it is up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.demo.seed import SYNCING, UNTOUCHED

_FOR_COMMANDS = ("TIEOUT_DATA_DIR", "TIEOUT_PUBLIC_URL", "TIEOUT_SIMULATOR_URL", "TIEOUT_CLOCK_FILE")

_TEXT = """
The demo is up.

  Sign in (works once)   {address}{link}
  Tieout                 {address}
  The simulator's page   {simulator}
                         (its own time, new sales, "Next day", and what the simulated Zoho Books hold)

{syncing} is syncing already. {untouched} is yours to connect:

  HitPay API key         {key}      (environment: Simulator)
  Zoho client ID         {client_id}
  Zoho client secret     {client_secret}      (data centre: Simulator)

For the commands of the README, first, in another terminal:

  {exports}

Everything stays on this machine. Data and logs: {folder}
Ctrl-C ends the demo. Started again, it goes on where it ended.
"""


def programme(
    address: str, link: str, simulator: str, keys: dict[str, Any], folder: Path, environment: Mapping[str, str]
) -> str:
    """Where to look, how to get in, and what to paste. The keys open nothing but the simulator."""
    own = {name: value for name, value in environment.items() if name in _FOR_COMMANDS}
    return _TEXT.format(
        address=address,
        link=link,
        simulator=simulator,
        syncing=SYNCING,
        untouched=UNTOUCHED,
        key=keys["hitpay"]["harbour"],
        client_id=keys["zoho"]["client_id"],
        client_secret=keys["zoho"]["client_secret"],
        folder=folder,
        exports="export " + " ".join(f"{name}={value}" for name, value in sorted(own.items())),
    )
