"""The form of a new business."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from wtforms import Form, SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.web.forms import choice

_NOT_PLACES = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def zones() -> list[Any]:
    """The time zones a person may choose: places, and UTC."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith(_NOT_PLACES))
    return [choice(name, name.replace("_", " ")) for name in (*places, "UTC")]


class BusinessForm(Form):
    """Name and the zone in which its days begin, until Zoho Books states one."""

    name = StringField(
        "Name",
        [InputRequired("Give the business a name."), Length(max=120, message="Use at most 120 letters.")],
        description="As you call it. It can stand for one HitPay account and one set of books.",
        render_kw={"autocomplete": "organization", "autofocus": True, "maxlength": 120},
    )
    time_zone = SelectField(
        "Time zone",
        description="Only until Zoho Books is connected: then the organization's own time zone is used.",
        default="Asia/Singapore",
        choices=zones(),
        validate_choice=False,
    )
