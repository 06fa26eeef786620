"""The alerts of a business: what is wrong and was, who is told, and what was sent."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, flash, make_response, render_template, request, url_for

from app.services.alerts import alerts
from app.services.refusals import Refusal
from app.web import forms, hx
from app.web.forms.alerts import AlertsForm
from app.web.guards import business, needs
from app.web.marks import ROW
from app.web.outside import outside
from app.web.sessions import signed_in, visitor

pages = Blueprint("alerts", __name__, url_prefix="/b/<slug>/alerts")


def install(app: Flask) -> None:
    """Let every page of a signed-in person say that mails don't go out."""
    app.jinja_env.globals["mail_trouble"] = lambda: alerts.mail_trouble() if visitor() else ""


@pages.get("")
@needs("accountant")
def show(slug: str) -> Response:
    """Open and past incidents, mails and settings."""
    return _page()


@pages.post("")
@needs("owner")
def save(slug: str) -> Response:
    """Store recipients, digest and ping address."""
    form = AlertsForm(request.form)
    try:
        alerts.save(
            outside(),
            business().id,
            form.recipients.data or "",
            form.ping_url.data or "",
            digest=bool(form.digest.data),
        )
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _page(form, 422)
    flash("Saved.", "ok")
    return _back()


@pages.post("/test")
@needs("owner")
def test(slug: str) -> Response:
    """Send a mail to the person who asks."""
    person = signed_in().email
    return _did(lambda: alerts.send_test(outside(), business().id, person), f"A test mail for {person} is on its way.")


@pages.post("/pause")
@needs("owner")
def pause(slug: str) -> Response:
    """Send no mails until resumed."""
    return _did(lambda: alerts.pause(outside(), business().id, paused=True), "Mails are paused until you resume them.")


@pages.post("/resume")
@needs("owner")
def resume(slug: str) -> Response:
    """Send mails again."""
    return _did(lambda: alerts.pause(outside(), business().id, paused=False), "Mails are sent again.")


@pages.post("/no-ping")
@needs("owner")
def forget_ping(slug: str) -> Response:
    """Forget the ping address."""
    return _did(lambda: alerts.forget_ping(business().id), "No pings are sent any more.")


@pages.post(f"/<{ROW}:incident_id>/acknowledge")
@needs("bookkeeper")
def acknowledge(slug: str, incident_id: int) -> Response:
    """No more reminders of this incident."""
    user = signed_in().user_id
    return _did(
        lambda: alerts.acknowledge(outside(), business().id, incident_id, user), "Acknowledged: no more reminders."
    )


def _did(act: Callable[[], None], said: str) -> Response:
    try:
        act()
        flash(said, "ok")
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    return _back()


def _back() -> Response:
    return hx.go(url_for("alerts.show", slug=business().slug))


def _page(form: AlertsForm | None = None, status: int = 200) -> Response:
    view = alerts.view(outside(), business().id)
    form = form or AlertsForm(data={"recipients": "\n".join(view.entered), "digest": view.digest})
    return make_response(render_template("alerts/page.html", alerts=view, form=form), status)
