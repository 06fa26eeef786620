"""When a page can't be shown: what happened, why, and what to do, as a page or as a part of one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, default_exceptions

from app.web import drafts, guards, hx
from app.web.sessions import visitor


@dataclass(frozen=True)
class Trouble:
    """One explanation for a person."""

    what: str
    why: str
    then: str


TROUBLES = {
    400: Trouble(
        "This request can't be read.",
        "The address or the form was changed on its way.",
        "Go back, load the page again and repeat what you did.",
    ),
    403: Trouble(
        "This isn't yours to do.",
        "Your role doesn't allow it, or the request came from another site.",
        "Ask an owner of the business to do it, or to change your role.",
    ),
    404: Trouble(
        "There is no such page.",
        "The address is mistyped, or it belongs to a business you are no member of.",
        "Start again from the overview.",
    ),
    405: Trouble(
        "This address can't be used that way.",
        "It takes forms only, or pages only.",
        "Start again from the overview.",
    ),
    413: Trouble(
        "That was too much at once.",
        "A form may carry 256 KB at most.",
        "Shorten what you entered and send it again.",
    ),
    500: Trouble(
        "Tieout made a mistake.",
        "It is written in the server's log. Nothing was half done: what was begun is finished or taken up again.",
        "Try once more. If it stays, send the log's last lines to whoever runs this server.",
    ),
}

OUTDATED = Trouble(
    "Nothing was changed: this page is out of date.",
    "It was opened before you signed in, or its cookie is gone.",
    "Load the page again and repeat what you did.",
)


def install(app: Flask) -> None:
    """Answer every error in our own words."""
    app.register_error_handler(CSRFError, _outdated)
    for code in default_exceptions:
        app.register_error_handler(code, _explain)


def _outdated(_error: CSRFError) -> Response:
    if visitor() is None and (hx.asks_fragment() or drafts.declared(request.endpoint)):
        return guards.to_sign_in()
    return _answer(OUTDATED, 400)


def _explain(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None:
        return make_response(error.response)
    answer = _answer(TROUBLES.get(code, TROUBLES[400 if code < 500 else 500]), code)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            answer.headers[name] = value
    return answer


def _answer(trouble: Trouble, code: int) -> Response:
    known = code != 500 and request.endpoint is not None and visitor() is not None
    template = "errors/_notice.html" if hx.asks_fragment() else "errors/page.html"
    home = url_for("overview.show")
    return make_response(render_template(template, trouble=trouble, code=code, home=home, known=known), code)
