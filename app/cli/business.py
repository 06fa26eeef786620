"""`flask business ...`: the businesses of this install."""

from __future__ import annotations

from app.cli.answering import Commands, answer, as_json_option, outside, table
from app.services.business import businesses, settings
from app.services.business.businesses import BusinessView
from app.services.syncing import runs

commands = Commands("business", help="The businesses of this install.")


@commands.command("list")
@as_json_option
def show_all(as_json: bool) -> None:
    """List all businesses, by name, with what each still needs before it can sync."""
    rows = [_row(business) for business in businesses.every()]
    lines = [(str(row["slug"]), str(row["name"]), _says(row)) for row in rows]
    text = table(("business", "name", "state"), lines) if rows else "There is no business yet. Make one in the browser."
    answer(as_json, rows, text)


def _row(business: BusinessView) -> dict[str, object]:
    last = runs.last_success(business.id)
    return {
        "slug": business.slug,
        "name": business.name,
        "provider": business.provider,
        "time_zone": business.time_zone,
        "sync_enabled": settings.sync_enabled(business.id),
        "last_sync": last.isoformat() if last else None,
        "next_step": runs.why_not_ready(outside(), business.id),
    }


def _says(row: dict[str, object]) -> str:
    if row["next_step"]:
        return str(row["next_step"])
    switched = "sync is on" if row["sync_enabled"] else "sync is off"
    return f"{switched}, last sync {row['last_sync'] or 'never'}"
