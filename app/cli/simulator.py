"""`flask simulator ...`: the simulated HitPay and Zoho as a process of their own. The only way to them from here."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.answering import Commands, config

commands = Commands("simulator", help="A pretended HitPay and Zoho Books, on this machine only.")


@commands.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="0 takes a free one.")
@click.option(
    "--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Keep the simulated world here, not in memory."
)
@click.option(
    "--clock-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the time from this file; else from TIEOUT_CLOCK_FILE, or the machine's own.",
)
def serve(port: int, data_dir: Path | None, clock_file: Path | None) -> None:
    """Serve on 127.0.0.1 until interrupted; prints its address once it answers."""
    from app.simulator.serve import serve as serve_simulator  # noqa: PLC0415 - only this command needs it

    named = config().clock_file
    serve_simulator(port, data_dir, clock_file or (Path(named) if named else None))
