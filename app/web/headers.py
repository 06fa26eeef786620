"""The security headers of every answer, errors and files included."""

from __future__ import annotations

from flask import Flask, Response, request

from app.web.outside import config

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's arrows and ticks are data: pictures in its style sheet
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)

_FIXED = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    # Zoho's page opens in a window of ours that must find its way back.
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

_FILES = ("static", "bootstrap.static", "assets.htmx")


def install(app: Flask) -> None:
    """Dress every answer."""
    app.after_request(_dress)


def _dress(answer: Response) -> Response:
    for name, value in _FIXED.items():
        answer.headers.setdefault(name, value)
    if config().secure:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint not in _FILES or answer.status_code >= 400:
        answer.headers["Cache-Control"] = "no-store"
        answer.vary.add("HX-Request")
    return answer


def keep_opener(answer: Response) -> Response:
    """For the two pages of the consent window: a policy of their own would cut it off from the page that opened it,
    and it could neither report back nor close itself."""
    answer.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return answer
