"""The settings of a business: a dialog where JavaScript is at hand, a page where it isn't."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for

from app.services.business import default_item, settings
from app.services.business.settings import SettingsView
from app.services.refusals import Refusal
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
    except Refusal as unread:
        return _unread(unread)
    form = settings_form(view, request.form)
    if not form.validate():
        return _again(form, view, 422)
    try:
        settings.save(outside(), business().id, signed_in().user_id, form.wanted(), view.read)
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _again(form, view, 422, detail=refusal.detail)
    flash("Settings saved.", "ok")
    return hx.closed("settings-saved", url_for("status.show", slug=slug))


@pages.post("/item")
@needs("bookkeeper")
def make_item(slug: str) -> Response:
    """Have Zoho Books make a right Default Item, and choose it; nothing is saved yet."""
    refused, made = None, None
    try:
        made = default_item.create(outside(), business().id, request.form.get("sales_account", ""))
    except Refusal as refusal:
        refused = refusal
    try:
        view = settings.view(outside(), business().id)
    except Refusal as unread:
        return _unread(unread)
    form = settings_form(view, request.form)
    if refused or made is None:
        forms.blame(form, refused or Refusal("The item wasn't made."))
        return _again(form, view, 422, detail=refused.detail if refused else "")
    form.default_item.data = made.id
    return _again(form, view, 200, made=made.name)


def _unread(refusal: Refusal) -> Response:
    """Without Zoho Books there is nothing to choose from, only a reason."""
    return hx.page("settings/page.html", "settings/_unread.html", 422, refusal=refusal, form=None)


def _again(form: SettingsForm, view: SettingsView, status: int, **values: str) -> Response:
    return hx.page("settings/page.html", "settings/_form.html", status, form=form, settings=view, **values)
