"""`python -m app.demo`: start the demo and stay until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.demo.problems import DemoProblem
from app.demo.stage import Wishes, run


def _wishes() -> Wishes:
    parser = argparse.ArgumentParser(prog="python -m app.demo", description="Try Tieout with pretended accounts.")
    parser.add_argument("--port", type=int, default=8000, help="the first port to try; 0 takes any free one")
    parser.add_argument("--data-dir", type=Path, default=Path("instance/demo"), help="where the demo's data is kept")
    parser.add_argument("--days", type=int, default=14, help="days of trade to begin with, at the first start")
    given = parser.parse_args()
    return Wishes(port=given.port, data_dir=given.data_dir.absolute(), days=given.days)


def main() -> int:
    """The exit status: 0 after Ctrl-C, 1 if the demo could not start or fell over."""
    try:
        run(_wishes())
    except DemoProblem as problem:
        sys.stderr.write(f"The demo stopped. {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
