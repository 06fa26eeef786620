"""Pages: one file a noun; handlers parse, call one service and render."""

from __future__ import annotations

from flask import Flask

from app.web import (
    alerts,
    assets,
    businesses,
    checkup,
    consent,
    csrf,
    documents,
    errors,
    filters,
    guards,
    headers,
    health,
    hx,
    integrations,
    login,
    months,
    overview,
    preview,
    provider,
    records,
    repairs,
    runs,
    salts,
    sessions,
    settings,
    setup,
    status,
    webhooks,
    zoho,
)

NOUNS = (
    overview,
    businesses,
    status,
    preview,
    records,
    documents,
    repairs,
    runs,
    months,
    alerts,
    integrations,
    provider,
    zoho,
    consent,
    settings,
    checkup,
    login,
    setup,
    health,
    salts,
    webhooks,
)
"""Every room with pages, in the order of the menu."""


def register(app: Flask) -> None:
    """Attach every blueprint, in the order of the menu."""
    hx.install(app)
    sessions.install(app)
    csrf.install(app)
    assets.install(app)
    filters.install(app)
    alerts.install(app)
    for noun in NOUNS:
        app.register_blueprint(noun.pages)
    guards.install(app)
    headers.install(app)
    errors.install(app)
