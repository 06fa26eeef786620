"""Commands: thin doors to services. Exit status 0 fine, 1 something held or failed, 2 wrong usage."""

from __future__ import annotations

from flask import Flask

from app.cli import backup, business, health, proof, simulator, sweep, sync, user

NOUNS = (
    user.commands,
    business.commands,
    sync.commands,
    sweep.commands,
    health.commands,
    backup.commands,
    proof.commands,
    simulator.commands,
)


def register(app: Flask) -> None:
    """Attach every command."""
    for noun in NOUNS:
        app.cli.add_command(noun)
