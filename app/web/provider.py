"""The HitPay connection of a business."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for

from app.services.connections import provider_connection, webhooks
from app.services.refusals import Refusal
from app.services.showing import checklist
from app.web import drafts, forms, hx
from app.web.drafts import keeps
from app.web.forms.provider import ProviderForm, provider_form
from app.web.guards import business, needs
from app.web.outside import outside

pages = Blueprint("provider", __name__, url_prefix="/b/<slug>/provider")


@pages.get("")
@needs("accountant")
def show(slug: str) -> Response:
    """The connection as it stands, and the form to make it."""
    view = provider_connection.view(outside(), business().id)
    data = {"environment": view.environment} if view.environment else None
    return _page(provider_form(view.environments, drafts.given(), data=data), 200)


@pages.post("/connect")
@keeps("provider.show", "environment")
@needs("owner")
def connect(slug: str) -> Response:
    """Check the key with HitPay and keep it."""
    form = provider_form(outside().environments, request.form)
    try:
        provider_connection.connect(outside(), business().id, str(form.environment.data or ""), form.api_key.data or "")
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _page(form, 422, refusal.detail)
    flash("HitPay is connected.", "ok")
    return hx.go(url_for("provider.show", slug=slug))


@pages.get("/disconnect")
@needs("owner")
def ask(slug: str) -> Response:
    """Ask once, and say what stays."""
    return hx.page("provider/disconnect.html", "provider/_disconnect.html")


@pages.post("/disconnect")
@needs("owner")
def disconnect(slug: str) -> Response:
    """Forget the key."""
    try:
        provider_connection.disconnect(outside(), business().id)
        flash("HitPay is disconnected. What was synced stays.", "ok")
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    return hx.go(url_for("provider.show", slug=slug))


def _page(form: ProviderForm, status: int, detail: str = "") -> Response:
    view = provider_connection.view(outside(), business().id)
    step = checklist.next_step(outside(), business())
    webhook = webhooks.view(outside(), business().id) if view.status in ("connected", "failed") else None
    values = {"form": form, "provider": view, "detail": detail, "next_step": step, "webhook": webhook}
    return make_response(render_template("provider/page.html", **values), status)
