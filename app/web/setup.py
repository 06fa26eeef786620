"""`/setup`: the first owner, with a token from the server's console. Gone once anybody is here."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from app.services.people import people
from app.services.people.people import SetupOffer
from app.services.refusals import Refusal
from app.web import forms, hx, sessions
from app.web.forms.setup import SetupForm
from app.web.guards import public
from app.web.outside import outside

pages = Blueprint("setup", __name__)


@pages.record
def _remember_start(state: BlueprintSetupState) -> None:
    """A configured set-up token is good for 30 minutes from here."""
    extensions = state.app.extensions
    extensions["setup_offer"] = SetupOffer(extensions["config"].setup_token, extensions["outside"].clock.now())


@pages.get("/setup")
@public
def show() -> Response:
    """The form, its token filled in when the console's link was followed."""
    if not people.setup_open():
        abort(404)
    return _form(SetupForm(token=request.args.get("token", "")[:200]), 200)


@pages.post("/setup")
@public
def send() -> Response:
    """Make the first owner and let him in."""
    if not people.setup_open():
        abort(404)
    form = SetupForm(request.form)
    if not form.validate():
        return _form(form, 422)
    clock = outside().clock
    try:
        person = people.create_first_owner(
            clock, form.token.data or "", form.email.data or "", form.password.data or "",
            current_app.extensions["setup_offer"],
        )  # fmt: skip
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _form(form, 422)
    sessions.enter(people.sign_in(clock, person.id, sessions.address()))
    return hx.go(url_for("overview.show"))


def _form(form: SetupForm, status: int) -> Response:
    return make_response(render_template("setup/page.html", form=form), status)
