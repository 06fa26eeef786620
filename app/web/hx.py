"""The only place that knows how htmx is spoken: is this its request, and the headers of an answer."""

from __future__ import annotations

from urllib.parse import urlsplit

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


def closed(event: str, address: str) -> Response:
    """A dialog's work is done: tell the page `event`. Without htmx, or if it was a page of its own, go to `address`."""
    if not request.htmx or urlsplit(request.htmx.current_url or "").path == request.path:
        return go(address)
    answer: Response = make_response("", 204, trigger=event)
    return answer


def instead_of(selector: str, body: str) -> Response:
    """Put `body` in place of another element than the one that asked."""
    answer: Response = make_response(body, retarget=selector, reswap="outerHTML")
    return answer


def reload() -> Response:
    """Tell htmx to load the whole page again."""
    answer: Response = make_response("", refresh=True)
    return answer


def nothing_new() -> Response:
    """An answer on which htmx changes nothing."""
    return Response(status=204)
