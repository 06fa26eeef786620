"""`flask sync ...`: work a sync off in this process, or show what one would write."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NoReturn

import click

from app.cli.answering import ATTENTION, FINE, Commands, answer, as_json_option, business_of, fail, outside, table
from app.ports import OutsideError
from app.services import running
from app.services.business import businesses
from app.services.business.businesses import BusinessView
from app.services.outside import Outside
from app.services.planning import plans
from app.services.planning.plans import Preview
from app.services.refusals import Refusal
from app.services.showing import forecast
from app.services.syncing import runs, sync

commands = Commands("sync", help="Bring Zoho Books up to date, or show what that would write.")

NOT_READY, BUSY = "not_ready", "busy"


@commands.command("run")
@click.option("--business", "slug", default="", metavar="SLUG", help="Only this business; without it, all set up.")
@as_json_option
def run(slug: str, as_json: bool) -> None:
    """Sync now, whatever the schedule says. Ends with status 1 if something is held, failed, busy or not set up."""
    work_off("command", slug, as_json)


def work_off(trigger: str, slug: str, as_json: bool) -> NoReturn:
    """One run of each business, or of the one named; prints how they went and ends the command."""
    world = outside()
    if world.folder:
        running.hold(world.folder)
    chosen = [business_of(as_json, slug)] if slug else businesses.every()
    runs.end_abandoned(world.clock.now())
    results = [
        _run(world, business, trigger) for business in chosen if slug or not runs.why_not_ready(world, business.id)
    ]
    answer(as_json, results, "\n".join(_line(one) for one in results) or "No business is set up to sync.")
    raise SystemExit(FINE if all(one["outcome"] == "fine" for one in results) else ATTENTION)


def _run(world: Outside, business: BusinessView, trigger: str) -> dict[str, Any]:
    why = runs.why_not_ready(world, business.id)
    if why:
        return _result(business, None, NOT_READY, why)
    run_id = runs.request(world, business.id, trigger)
    sync.execute(world, run_id)
    view = runs.one(world, business.id, run_id)
    if view is None or view.live:
        return _result(business, run_id, BUSY, "Another worker is syncing this business at the moment.")
    return _result(business, run_id, view.outcome, view.sentence, view.counts, view.calls)


def _result(
    business: BusinessView,
    run_id: int | None,
    outcome: str,
    sentence: str,
    counts: dict[str, int] | None = None,
    calls: int = 0,
) -> dict[str, Any]:
    return {
        "business": business.slug,
        "run_id": run_id,
        "outcome": outcome,
        "sentence": sentence,
        "counts": counts or {},
        "calls": calls,
    }


def _line(result: dict[str, Any]) -> str:
    calls = f" ({result['calls']} calls to Zoho Books)" if result["calls"] else ""
    return f"{result['business']}: {result['outcome']}. {result['sentence']}{calls}"


@commands.command("plan")
@click.option("--business", "slug", required=True, metavar="SLUG")
@as_json_option
def plan(slug: str, as_json: bool) -> None:
    """Show what a sync would write now, and write nothing. Ends with status 1 if something would be held."""
    world, business = outside(), business_of(as_json, slug)
    why = runs.why_not_ready(world, business.id)
    if why:
        fail(as_json, why, ATTENTION, outcome=NOT_READY)
    try:
        made = plans.preview(world, business.id)
        told = forecast.of_preview(world, business.id, made)
    except (OutsideError, Refusal) as error:
        fail(as_json, str(error), ATTENTION)
    data: dict[str, Any] = {"plan_hash": made.plan_hash, "documents": made.documents, "movements": made.movements}
    left = told.budget.left
    data |= {"forecast": {"calls": told.calls, "minutes": told.minutes, "left_today": left, "enough": told.enough}}
    answer(as_json, data, f"{_as_text(made)}\n{told.sentence}")
    raise SystemExit(ATTENTION if any(row["fate"] == "held" for row in made.movements) else FINE)


def _as_text(made: Preview) -> str:
    parts = []
    if made.documents:
        rows = [_document_row(row) for row in made.documents]
        parts.append(table(("date", "document", "reference", "amount", ""), rows, right=(3,)))
    left = [row for row in made.movements if row["fate"] != "planned"]
    if left:
        rows = [(row["id"], row["amount"], row["currency"], f"{row['fate']}: {row['says']}") for row in left]
        parts.append(table(("not to be written", "amount", "", "why"), rows, right=(1,)))
    count = len(made.documents)
    said = "Nothing would be written." if not count else f"{count} document{'s' * (count > 1)} would be written."
    return "\n\n".join([*parts, f"{said} Plan {made.plan_hash}."])


def _document_row(row: dict[str, Any]) -> tuple[str, ...]:
    amounts = [line["amount"] for line in row.get("lines") or [row]]
    total = sum(Decimal(one["amount"]) for one in amounts)
    return (row["date"], row["type"].replace("_", " "), row["reference"], str(total), amounts[0]["currency"])
