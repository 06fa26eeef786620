"""Forms that outlive a sign-in: what was typed goes along to the sign-in and stands in the form again afterwards.

A form's POST declares by `@keeps` the page of the form and its fields that may be carried in an address. Keys, secrets
and passwords are never among them. Nothing is stored: the address of the page holds the values, marked by `draft`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import current_app, request, url_for
from werkzeug.datastructures import MultiDict

View = TypeVar("View", bound=Callable[..., Any])

MARK = "draft"
SIGNED_OUT, UNREAD, LOST = "1", "unread", "lost"
"""What became of what was typed: carried as the sign-in had ended, or as the books couldn't be read; or too long."""

SECRET_WORDS = ("secret", "password", "token", "key", "code")
"""A field of such a name is refused by `keeps`."""

LONGEST = 1200
"""Characters of values an address takes along: servers stop reading at four thousand, and signing in quotes twice."""

_ATTRIBUTE = "tieout_keeps"


def keeps(page: str, *fields: str) -> Callable[[View], View]:
    """Declare the endpoint of the page with the form that a view answers, and which fields may go along."""
    if any(word in field for field in fields for word in SECRET_WORDS):
        raise ValueError(f"a secret can't be carried in an address: {', '.join(fields)}")

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, (page, fields))
        return view

    return declare


def declared(endpoint: str | None) -> tuple[str, tuple[str, ...]] | None:
    """The page and the fields that the view behind `endpoint` declared, None if nothing."""
    view = current_app.view_functions.get(endpoint or "")
    return cast("tuple[str, tuple[str, ...]] | None", getattr(view, _ATTRIBUTE, None))


def address(why: str = SIGNED_OUT) -> str:
    """The page of the form that was sent, with what was typed; "" for a form that declared nothing."""
    known = declared(request.endpoint)
    if known is None:
        return ""
    page, fields = known
    place = url_for(page, **{name: value for name, value in (request.view_args or {}).items() if name == "slug"})
    typed = [(name, value) for name in fields for value in request.form.getlist(name) if value]
    query = urlencode([(MARK, why), *typed])
    return f"{place}?{query}" if len(query) <= LONGEST else f"{place}?{urlencode([(MARK, LOST)])}"


def given() -> MultiDict[str, str] | None:
    """What was typed before, None for a page that was opened as usual."""
    return request.args if request.args.get(MARK) in (SIGNED_OUT, UNREAD) else None


def is_kept(place: str) -> bool:
    """Whether an address to come back to carries something typed."""
    return f"{MARK}={SIGNED_OUT}" in urlsplit(place).query.split("&")
