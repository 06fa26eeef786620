"""What can go wrong with the demo itself."""

from __future__ import annotations


class DemoProblem(Exception):  # noqa: N818 - a sentence for the console
    """The demo can't start or go on; the message says why and what to do."""
