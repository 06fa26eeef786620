"""Who may open what: every route declares its role, and one that declares none is denied."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for

from app.services.business import businesses
from app.services.business.businesses import BusinessView
from app.services.people import people, roles
from app.web import drafts, hx
from app.web.sessions import visitor

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SIGNED_IN = "signed in"
STARTER = "starter"
"""`STARTER`: whoever may add a business."""

_ATTRIBUTE = "tieout_needs"
_SLUG = re.compile(r"[a-z0-9-]{1,60}")


def needs(role: str) -> Callable[[View], View]:
    """Declare who may call a view: a role in the business of its address, `SIGNED_IN`, `STARTER` or `PUBLIC`."""

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, role)
        return view

    return declare


public = needs(PUBLIC)


def declared(app: Flask, endpoint: str) -> str | None:
    """What the view behind `endpoint` declared, None if nothing."""
    view = app.view_functions.get(endpoint)
    return getattr(view, _ATTRIBUTE, None)


def install(app: Flask) -> None:
    """Stand before every view. Files of our own and of packages are public."""
    for endpoint in ("static", "bootstrap.static"):
        view = app.view_functions[endpoint]
        app.view_functions[endpoint] = _declared_public(view)
    app.before_request(_guard)


def _declared_public(view: Callable[..., Any]) -> Callable[..., Any]:
    def serve(**values: Any) -> Any:
        return view(**values)

    return public(serve)


def _guard() -> Response | None:
    if request.endpoint is None:
        return None  # no such address, or not with this method: Flask's own answer follows
    needed = declared(current_app, request.endpoint)
    if needed == PUBLIC:
        return None
    caller = visitor()
    if caller is None:
        return to_sign_in()
    if needed is None or not _may(needed, caller.user_id):
        abort(403)
    return None


def _may(needed: str, user_id: int) -> bool:
    slug = (request.view_args or {}).get("slug")
    if slug is None:
        return needed == SIGNED_IN or (needed == STARTER and roles.may_start_business(user_id))
    found = businesses.for_member(user_id, slug) if _SLUG.fullmatch(slug) else None
    if found is None:
        abort(404)  # also for a business that exists: its name is nobody else's concern
    g.business = found
    return needed == SIGNED_IN or (needed in roles.ROLES and roles.allows(found.role, needed))


def business() -> BusinessView:
    """The business of this page, in which the caller has a role."""
    return cast("BusinessView", g.business)


def may(needed: str) -> bool:
    """Whether the caller has at least the role `needed` in the business of this page, for showing its buttons."""
    found = g.get("business")
    return found is not None and roles.allows(found.role, needed)


def to_sign_in() -> Response:
    """Send the person to sign in (or to set up, when nobody is here yet), and back here afterwards."""
    if people.setup_open():
        return hx.go(url_for("setup.show"))
    if request.method == "GET" and not hx.asks_fragment():
        return cast("Response", redirect(url_for("login.show", next=request.full_path.rstrip("?")), code=303))
    kept = drafts.address() if request.method == "POST" else ""
    return hx.go(url_for("login.show", expired=1, next=kept or None))
