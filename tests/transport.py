"""A WSGI server behind `requests`, in this process, as if over a socket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask
from wsgiadapter import WSGIAdapter


def transport(server: Flask) -> WSGIAdapter:
    """Mount the answer on a session. The adapter states lengths as numbers, WSGI (PEP 3333) wants text."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["CONTENT_LENGTH"] = str(environ.get("CONTENT_LENGTH") or 0)
        return server(environ, start_response)

    return WSGIAdapter(application)
