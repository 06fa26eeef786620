"""Adding a business."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for

from app.services.business import businesses
from app.services.refusals import Refusal
from app.web import drafts, forms, hx
from app.web.drafts import keeps
from app.web.forms.business import BusinessForm
from app.web.guards import STARTER, needs
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("businesses", __name__)


@pages.get("/businesses/new")
@needs(STARTER)
def new() -> Response:
    """The form."""
    return _form(BusinessForm(drafts.given()), 200)


@pages.post("/businesses/new")
@keeps("businesses.new", "name", "time_zone")
@needs(STARTER)
def create() -> Response:
    """Make it, with the caller as owner, and go to its first step."""
    form = BusinessForm(request.form)
    if not form.validate():
        return _form(form, 422)
    try:
        made = businesses.create(outside(), form.name.data or "", form.time_zone.data or "", signed_in().user_id)
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _form(form, 422)
    flash(f"{made.name} is here. Connect HitPay and Zoho Books next.", "ok")
    return hx.go(url_for("integrations.show", slug=made.slug))


def _form(form: BusinessForm, status: int) -> Response:
    return make_response(render_template("businesses/new.html", form=form), status)
