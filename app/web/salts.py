"""The webhooks of a business's HitPay account: salts and registering, on the HitPay page."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for

from app.services.connections import webhooks
from app.services.refusals import Refusal
from app.web import hx
from app.web.guards import business, needs
from app.web.outside import outside

pages = Blueprint("salts", __name__, url_prefix="/b/<slug>/provider/webhook")


@pages.post("/salt")
@needs("owner")
def add(slug: str) -> Response:
    """Accept one more salt."""
    try:
        webhooks.add_salt(business().id, request.form.get("salt", ""))
        flash("The salt is stored. Deliveries signed with it are taken.", "ok")
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    return _back(slug)


@pages.post("/forget")
@needs("owner")
def forget(slug: str) -> Response:
    """Forget every salt."""
    try:
        webhooks.drop_salts(business().id)
        flash("The salts are removed. Deliveries are refused until a new one is stored; syncs go on.", "ok")
    except Refusal as refusal:
        flash(refusal.sentence, "warn")
    return _back(slug)


@pages.post("/register")
@needs("owner")
def register(slug: str) -> Response:
    """Tell HitPay the address."""
    try:
        webhooks.register(outside(), business().id)
        flash("HitPay knows the address. Now paste the salt from its dashboard.", "ok")
    except Refusal as refusal:
        words = f" HitPay said: {refusal.detail}" if refusal.detail else ""
        flash(f"{refusal.sentence}{words}", "warn")
    return _back(slug)


def _back(slug: str) -> Response:
    return hx.go(url_for("provider.show", slug=slug) + "#webhooks")
