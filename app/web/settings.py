"""The settings of a business: a dialog where JavaScript is at hand, a page where it isn't."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, request, url_for

from app.services.business import missing_accounts, settings
from app.services.business.settings import SettingsView
from app.services.refusals import Refusal
from app.web import drafts, forms, hx
from app.web.drafts import keeps
from app.web.forms.settings import FIELDS, SettingsForm, settings_form
from app.web.guards import business, needs
from app.web.outside import outside
from app.web.sessions import signed_in

MAKEABLE = ("sales_account", "fee_account", "refund_account", "bank_account", missing_accounts.ITEM)

pages = Blueprint("settings", __name__, url_prefix="/b/<slug>/settings")


@pages.get("")
@needs("bookkeeper")
def show(slug: str) -> Response:
    """The form with lists read from Zoho Books just now."""
    try:
        view = settings.view(outside(), business().id)
    except Refusal as refusal:
        again = request.full_path.rstrip("?")
        return hx.page("settings/page.html", "settings/_modal.html", refusal=refusal, form=None, again=again)
    form = settings_form(view, drafts.given())
    return hx.page("settings/page.html", "settings/_modal.html", form=form, settings=view)


@pages.post("")
@keeps("settings.show", *FIELDS)
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
@keeps("settings.show", *FIELDS)
@needs("bookkeeper")
def make_item(slug: str) -> Response:
    """Have Zoho Books make a right Default Item, and choose it; nothing is saved yet."""
    return _make([missing_accounts.ITEM])


@pages.post("/make/<field>")
@keeps("settings.show", *FIELDS)
@needs("bookkeeper")
def make(slug: str, field: str) -> Response:
    """Have Zoho Books make the account of one field, and choose it; `missing` makes for each field that is empty."""
    if field == "missing":
        return _make([name for name in MAKEABLE if not request.form.get(name)])
    if not missing_accounts.makeable(field):
        abort(404)
    return _make([field])


def _make(wanted: list[str]) -> Response:
    making = missing_accounts.make(outside(), business().id, wanted, request.form)
    try:
        view = settings.view(outside(), business().id)
    except Refusal as unread:
        return _unread(unread)
    form = settings_form(view, request.form)
    for name, (books_id, _called) in making.made.items():
        form[name].data = books_id
    if making.refused:
        forms.blame(form, making.refused)
    status, detail = (422, making.refused.detail) if making.refused else (200, "")
    return _again(form, view, status, detail=detail, made=making.names)


def _unread(refusal: Refusal) -> Response:
    """Without Zoho Books there is nothing to choose from, only a reason, and a way back to what was typed."""
    again = drafts.address(drafts.UNREAD)
    return hx.page("settings/page.html", "settings/_unread.html", 422, refusal=refusal, form=None, again=again)


def _again(form: SettingsForm, view: SettingsView, status: int, **values: str) -> Response:
    return hx.page("settings/page.html", "settings/_form.html", status, form=form, settings=view, **values)
