"""`flask health ...`: ask every connection now whether it works."""

from __future__ import annotations

from app.cli.answering import ATTENTION, FINE, Commands, answer, as_json_option, outside
from app.services.alerts import checking

commands = Commands("health", help="See whether the connections work.")


@commands.command("check")
@as_json_option
def check(as_json: bool) -> None:
    """Ask HitPay and Zoho Books of every business now. Ends with status 1 if one of them doesn't work."""
    found = checking.run_all(outside())
    rows = [{"business": one.business, "side": one.side, "state": one.state, "sentence": one.sentence} for one in found]
    lines = [f"{one.business} {one.side}: {one.state}. {one.sentence}".strip() for one in found]
    answer(as_json, rows, "\n".join(lines) or "No business is connected yet.")
    raise SystemExit(FINE if all(one.state == "ok" and not one.sentence for one in found) else ATTENTION)
