"""The Zoho Books connection of a business: API client and consent, organization, disconnecting."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for

from app.services.connections import books_connection, consent
from app.services.connections.books_connection import BooksView
from app.services.refusals import Refusal
from app.services.showing import checklist
from app.services.showing import guards as guarding
from app.services.writing import guards
from app.web import drafts, forms, headers, hx
from app.web.drafts import keeps
from app.web.forms.zoho import ConnectForm, OrganizationForm, connect_form, organization_form
from app.web.guards import business, may, needs
from app.web.outside import outside
from app.web.sessions import signed_in

pages = Blueprint("zoho", __name__, url_prefix="/b/<slug>/zoho")


@pages.get("")
@needs("accountant")
def show(slug: str) -> Response:
    """The connection as it stands, and its next step."""
    return _page()


@pages.get("/state")
@needs("accountant")
def state(slug: str) -> Response:
    """For a page that waits for the consent window: load again once the connection's state is another one."""
    now = books_connection.view(outside(), business().id).status
    return hx.nothing_new() if now == request.args.get("seen") else hx.reload()


@pages.post("/connect")
@keeps("zoho.show", "client_id", "datacenter")
@needs("owner")
def connect(slug: str) -> Response:
    """Begin a consent. The answer is a page that forwards itself to Zoho, so a form of ours only posts to us."""
    form = connect_form(outside().datacenters, request.form)
    try:
        address = consent.begin(
            outside(),
            business().id,
            signed_in().sign_in,
            str(form.datacenter.data or ""),
            form.client_id.data or "",
            form.client_secret.data or "",
        )
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _page(connecting=form, status=422, detail=refusal.detail)
    return headers.keep_opener(make_response(render_template("zoho/forward.html", address=address)))


@pages.post("/organization")
@keeps("zoho.show", "organization")
@needs("owner")
def organization(slug: str) -> Response:
    """Tie the business to the organization chosen."""
    given = request.form.get("organization", "")
    try:
        books_connection.confirm(outside(), business().id, given)
    except Refusal as refusal:
        return _page(refused=refusal, status=422)
    name = books_connection.view(outside(), business().id).organization_name
    flash(f"Zoho Books is connected to {name}.", "ok")
    return hx.go(url_for("zoho.show", slug=slug))


@pages.post("/guards")
@needs("owner")
def check_guards(slug: str) -> Response:
    """Look in Zoho Books which documents have a unique field."""
    try:
        found = guards.check(outside(), business().id)
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    else:
        kinds = ", ".join(found).lower()
        flash(f"Unique field found on: {kinds}." if found else "No unique field was found.", "ok" if found else "warn")
    return hx.go(url_for("zoho.show", slug=slug))


@pages.get("/disconnect")
@needs("owner")
def ask(slug: str) -> Response:
    """Ask once, and say what stays."""
    return hx.page("zoho/disconnect.html", "zoho/_disconnect.html")


@pages.post("/disconnect")
@needs("owner")
def disconnect(slug: str) -> Response:
    """Revoke the login at Zoho and forget it."""
    try:
        books_connection.disconnect(outside(), business().id)
        flash("Zoho Books is disconnected. What was written there stays, and so does the history here.", "ok")
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    return hx.go(url_for("zoho.show", slug=slug))


def _page(
    *, connecting: ConnectForm | None = None, refused: Refusal | None = None, status: int = 200, detail: str = ""
) -> Response:
    books = books_connection.view(outside(), business().id)
    picking, trouble = _organizations(books, refused)
    step = checklist.next_step(outside(), business())
    form = connecting or connect_form(books.datacenters, drafts.given(), data={"datacenter": books.datacenter})
    return make_response(
        render_template(
            "zoho/page.html",
            books=books,
            connecting=form,
            picking=picking,
            trouble=trouble,
            detail=detail,
            guards=guarding.view(business().id, books),
            next_step=step,
        ),
        status,
    )


def _organizations(books: BooksView, refused: Refusal | None) -> tuple[OrganizationForm | None, Refusal | None]:
    """The list to pick from, read live, or why there is none."""
    if books.status != "choose_organization" or not may("owner"):
        return None, refused
    try:
        found = books_connection.organizations(outside(), business().id)
    except Refusal as refusal:
        return None, refusal
    form = organization_form(found, request.form if refused else drafts.given())
    if refused:
        forms.blame(form, refused)
    return form, None
