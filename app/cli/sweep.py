"""`flask sweep ...`: what the clock does every hour, done now in this process."""

from __future__ import annotations

import click

from app.cli import sync
from app.cli.answering import Commands, as_json_option

commands = Commands("sweep", help="Do now what the clock does every hour.")


@commands.command("run")
@click.option("--business", "slug", default="", metavar="SLUG", help="Only this business; without it, all set up.")
@as_json_option
def run(slug: str, as_json: bool) -> None:
    """Read HitPay, settle doubts, write what is due. Ends with status 1 if something is held, failed or not set up."""
    sync.work_off("sweep", slug, as_json)
