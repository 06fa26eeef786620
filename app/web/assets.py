"""Files of the front end: our own, Bootstrap's, and the htmx that comes as a pinned package."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, url_for
from flask_bootstrap import Bootstrap5

from app.web.guards import public

pages = Blueprint("assets", __name__)

_DAY = 24 * 3600
_YEAR = 365 * _DAY


def install(app: Flask) -> None:
    """Serve everything ourselves, and let templates name a file with its fingerprint."""
    app.config.update(BOOTSTRAP_SERVE_LOCAL=True, SEND_FILE_MAX_AGE_DEFAULT=_DAY)
    Bootstrap5(app)
    app.register_blueprint(pages)
    app.jinja_env.globals.update(asset=asset, htmx_integrity=htmx_integrity)


@cache
def htmx_script() -> bytes:
    """The htmx 2.0.3 that django-js-lib-htmx carries; the package needs no Django for that."""
    return resources.files("js_lib_htmx").joinpath("static/htmx/htmx.min.js").read_bytes()


@cache
def htmx_integrity() -> str:
    """What the script tag promises about htmx."""
    return "sha384-" + base64.b64encode(hashlib.sha384(htmx_script()).digest()).decode()


@pages.get("/assets/htmx-2.0.3.js")
@public
def htmx() -> Response:
    """The script, under an address that changes with its version."""
    answer = Response(htmx_script(), mimetype="text/javascript")
    answer.cache_control.max_age = _YEAR
    answer.cache_control.public = True
    answer.cache_control.immutable = True
    return answer


def asset(filename: str) -> str:
    """The address of one of our files; it changes when the file does."""
    return url_for("static", filename=filename, v=_fingerprint(Path(str(current_app.static_folder)) / filename))


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
