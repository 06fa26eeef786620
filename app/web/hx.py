"""The only place that knows how htmx is spoken: is this its request, and the headers of an answer."""

from __future__ import annotations

from flask import Flask, Response, redirect, render_template
from htmx_flask import Htmx, make_response, request


def install(app: Flask) -> None:
    """Let every request tell whether htmx sent it."""
    Htmx(app)


def asks_fragment() -> bool:
    """Whether htmx wants a part of a page; a page it restores into the history must be whole."""
    return bool(request.htmx) and not request.htmx.history_restore_request and not request.htmx.boosted


def go(address: str) -> Response:
    """Send the whole browser window to `address`, also out of a fragment."""
    if request.htmx:
        answer: Response = make_response("", redirect=address)
        return answer
    return redirect(address, code=303)  # type: ignore[return-value]  # Flask's is a Response as well


def page(template: str, fragment: str, status: int = 200, **values: object) -> Response:
    """`fragment` for htmx, else the `template` that includes it."""
    body = render_template(fragment if asks_fragment() else template, **values)
    answer: Response = make_response(body, status)
    return answer


def saved(event: str, body: str = "") -> Response:
    """An answer that tells the page `event`, on which app.js closes what is open."""
    answer: Response = make_response(body, trigger=event)
    return answer


def reload() -> Response:
    """Tell htmx to load the whole page again."""
    answer: Response = make_response("", refresh=True)
    return answer


def nothing_new() -> Response:
    """An answer on which htmx changes nothing."""
    return Response(status=204)
