"""The settings of a business: a dialog where JavaScript is at hand, a page where it isn't."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for

from app.services import settings
from app.services.refusals import Refusal
from app.services.settings import SettingsView
from app.web import forms, hx
from app.web.forms.settings import SettingsForm, settings_form
from app.web.guards import business, needs
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("settings", __name__, url_prefix="/b/<slug>/settings")


@pages.get("")
@needs("bookkeeper")
def show(slug: str) -> Response:
    """The form with lists read from Zoho Books just now."""
    try:
        view = settings.view(outside(), business().id)
    except Refusal as refusal:
        return hx.page("settings/page.html", "settings/_modal.html", refusal=refusal, form=None)
    return hx.page("settings/page.html", "settings/_modal.html", form=settings_form(view), settings=view)


@pages.post("")
@needs("bookkeeper")
def save(slug: str) -> Response:
    """Check what was chosen against the books and store it."""
    try:
        view = settings.view(outside(), business().id)
        form = settings_form(view, request.form)
        if form.validate():
            settings.save(outside(), business().id, signed_in().user_id, form.wanted())
            flash("Settings saved.", "ok")
            return hx.closed("settings-saved", url_for("status.show", slug=slug))
    except Refusal as refusal:
        return _refused(refusal)
    return _again(form, view, 422)


@pages.post("/item")
@needs("bookkeeper")
def make_item(slug: str) -> Response:
    """Have Zoho Books make a right Default Item, and choose it; nothing is saved yet."""
    try:
        item = settings.create_default_item(outside(), business().id, request.form.get("sales_account", ""))
    except Refusal as refusal:
        return _refused(refusal)
    view = settings.view(outside(), business().id)
    form = settings_form(view, request.form)
    form.default_item.data = item.id
    return _again(form, view, 200, made=item.name)


def _refused(refusal: Refusal) -> Response:
    """The form as it was sent, with the reasons at their fields; a notice alone if Zoho Books can't be read."""
    try:
        view = settings.view(outside(), business().id)
    except Refusal as unread:
        return hx.page("settings/page.html", "settings/_unread.html", 422, refusal=unread, form=None)
    form = settings_form(view, request.form)
    forms.blame(form, refusal)
    return _again(form, view, 422, detail=refusal.detail)


def _again(form: SettingsForm, view: SettingsView, status: int, **values: str) -> Response:
    return hx.page("settings/page.html", "settings/_form.html", status, form=form, settings=view, **values)
