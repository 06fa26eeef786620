"""`flask proof ...`: whether the log of everything that was tried is as it was written."""

from __future__ import annotations

import click

from app.cli.answering import ATTENTION, FINE, Commands, answer, as_json_option, business_of
from app.services.business import businesses
from app.services.business.businesses import BusinessView
from app.services.proving import proof
from app.services.proving.proof import Verdict

commands = Commands("proof", help="The log of everything that was tried, and whether it holds.")


@commands.command("verify")
@click.option("--business", "slug", default="", metavar="SLUG", help="Only this business; without it, all.")
@as_json_option
def verify(slug: str, as_json: bool) -> None:
    """Check the log link by link. Names the first link that doesn't hold and ends with status 1."""
    chosen = [business_of(as_json, slug)] if slug else businesses.every()
    verdicts = [(one, proof.verify(one.id)) for one in chosen]
    rows = [_row(one, verdict) for one, verdict in verdicts]
    lines = [_line(one, verdict) for one, verdict in verdicts]
    answer(as_json, rows, "\n".join(lines) or "There is no business yet.")
    raise SystemExit(FINE if all(verdict.holds for _one, verdict in verdicts) else ATTENTION)


def _row(business: BusinessView, verdict: Verdict) -> dict[str, object]:
    return {
        "business": business.slug,
        "holds": verdict.holds,
        "entries": verdict.entries,
        "broken_at": verdict.broken_at,
        "says": verdict.says,
        "head": verdict.head,
    }


def _line(business: BusinessView, verdict: Verdict) -> str:
    if not verdict.holds:
        return f"{business.slug}: broken at entry {verdict.broken_at}. {verdict.says}"
    return f"{business.slug}: holds. {verdict.says}" + (f" Head {verdict.head}" if verdict.head else "")
