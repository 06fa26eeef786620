"""`/`: one row a business, what needs a person first."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.services import businesses, roles
from app.web.guards import SIGNED_IN, needs
from app.web.sessions import signed_in

pages = Blueprint("overview", __name__)


@pages.get("/")
@needs(SIGNED_IN)
def show() -> str:
    """The businesses this person belongs to."""
    person = signed_in()
    return render_template(
        "overview/page.html",
        businesses=businesses.of_member(person.user_id),
        may_start=roles.may_start_business(person.user_id),
    )
