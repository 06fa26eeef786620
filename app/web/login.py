"""Signing in and out, with a password or a link that works once."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.services.people import people, sign_ins
from app.services.refusals import Refusal
from app.web import drafts, forms, hx, sessions
from app.web.forms.login import LoginForm
from app.web.guards import SIGNED_IN, needs, public
from app.web.outside import outside

pages = Blueprint("login", __name__)


@pages.get("/login")
@public
def show() -> AnyResponse:
    """The form; to the first set-up while nobody is here, and home for those who are in."""
    if people.setup_open():
        return redirect(url_for("setup.show"), code=303)
    if sessions.visitor():
        return redirect(_inside(request.args.get("next", "")), code=303)
    return _form(LoginForm(), 200)


@pages.post("/login")
@public
def send() -> AnyResponse:
    """Sign in and go where the person was headed."""
    form = LoginForm(request.form)
    if not form.validate():
        return _form(form, 422)
    try:
        token = sign_ins.check_login(
            outside().clock, form.email.data or "", form.password.data or "", sessions.address()
        )
    except Refusal as refusal:
        forms.blame(form, refusal)
        return _form(form, 422)
    sessions.enter(token)
    return hx.go(_inside(request.args.get("next", "")))


def _form(form: LoginForm, status: int) -> Response:
    kept = drafts.is_kept(request.args.get("next", ""))
    body = render_template("login/page.html", form=form, expired=request.args.get("expired", ""), kept=kept)
    return make_response(body, status)


def _inside(address: str) -> str:
    """`address` if it is a page of ours, else the overview: a link must not lead away through the sign-in."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if ours and address.isprintable() else url_for("overview.show")


@pages.post("/logout")
@needs(SIGNED_IN)
def leave() -> Response:
    """End this sign-in."""
    sessions.leave()
    return hx.go(url_for("login.show"))


@pages.get("/login/link/<token>")
@public
def link(token: str) -> Response:
    """Ask before using the link up: mail scanners and previews open links too."""
    works = people.sign_in_link_works(outside().clock, token)
    return make_response(render_template("login/link.html", token=token, works=works), 200 if works else 404)


@pages.post("/login/link/<token>")
@public
def use_link(token: str) -> Response:
    """Sign in with a link, once."""
    try:
        entered = people.use_sign_in_link(outside().clock, token, sessions.address())
    except Refusal:
        return make_response(render_template("login/link.html", token=token, works=False), 404)
    sessions.enter(entered)
    return hx.go(url_for("overview.show"))
