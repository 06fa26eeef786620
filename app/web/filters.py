"""How figures, days and instants are written on every page. One way each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, g
from markupsafe import Markup

from app.domain.money import Money
from app.domain.zones import UnknownZoneError, zone_of
from app.web import guards
from app.web.outside import outside
from app.web.sessions import visitor


def install(app: Flask) -> None:
    """Give templates the filters, and the few things every page asks for."""
    for written in (money, amount, day, when, when_short, ago, span, count, zone_name):
        app.add_template_filter(written)
    app.jinja_env.globals.update(may=guards.may, visitor=visitor)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def money(value: Money | None) -> str:
    """`SGD 1,234.50`, a minus as −, nothing as an en dash."""
    return "–" if value is None else str(value).replace(" ", "\u00a0", 1)


def amount(value: Money | None) -> str:
    """`1,234.50`, for a column whose heading names the currency."""
    return "–" if value is None else str(value).partition(" ")[2]


def day(value: date | None) -> str:
    """`22 Nov 2026`."""
    return "–" if value is None else f"{value.day}\u00a0{value:%b}\u00a0{value.year}"


def when(value: datetime | None, zone: str = "") -> Markup:
    """`22 Nov 2026, 01:00` in the organization's zone (or `zone`)."""
    return _time(value, zone, with_year=True)


def when_short(value: datetime | None, zone: str = "") -> Markup:
    """`22 Nov, 01:00`, for instants of the last or next months."""
    return _time(value, zone, with_year=False)


def _time(value: datetime | None, zone: str, *, with_year: bool) -> Markup:
    if value is None:
        return Markup("–")
    local = value.astimezone(_zone(zone))
    shown = f"{day(local)}, {local:%H:%M}" if with_year else f"{local.day}\u00a0{local:%b}, {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), shown)


def _zone(name: str) -> ZoneInfo:
    business = g.get("business")
    try:
        return zone_of(name or (business.time_zone if business else "UTC"))
    except UnknownZoneError:
        return ZoneInfo("UTC")


def zone_name(name: str) -> str:
    """`Singapore time` for Asia/Singapore."""
    return name.rpartition("/")[2].replace("_", " ") + " time"


def ago(value: datetime | None) -> str:
    """`3 hours ago` or `in 3 hours`; belongs beside the exact time."""
    if value is None:
        return ""
    between = outside().clock.now() - value
    if abs(between) < timedelta(minutes=1):
        return "just now" if between >= timedelta() else "in a moment"
    spoken = _rough(int(abs(between).total_seconds() // 60))
    return f"{spoken} ago" if between > timedelta() else f"in {spoken}"


def _rough(minutes: int) -> str:
    if minutes < 60:
        return count(minutes, "minute")
    return count(minutes // 60, "hour") if minutes < 48 * 60 else count(minutes // 1440, "day")


def span(seconds: int) -> str:
    """`14 s`, `3 min`, `1 h 5 min`: how long something took or will take."""
    minutes = seconds // 60
    if minutes < 2:
        return f"{seconds}\u00a0s"
    return f"{minutes}\u00a0min" if minutes < 60 else f"{minutes // 60}\u00a0h\u00a0{minutes % 60}\u00a0min"


def count(number: int, word: str, plural: str = "") -> str:
    """`1 sale`, `1,204 sales`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
