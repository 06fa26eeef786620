"""Integrations: what can be connected and what is."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for

from app.services.connections import books_connection, provider_connection
from app.web.guards import business, needs
from app.web.outside import outside

pages = Blueprint("integrations", __name__, url_prefix="/b/<slug>")

TABS = ("available", "connected")

_APART = ("not_connected", "disconnected")


@dataclass(frozen=True)
class Card:
    """One integration."""

    category: str
    name: str
    does: str
    status: str
    account: str
    address: str

    @property
    def tab(self) -> str:
        return "available" if self.status in _APART else "connected"


@pages.get("/integrations")
@needs("accountant")
def show(slug: str) -> str:
    """Cards by category, on two tabs."""
    tab = request.args.get("tab", "")
    cards = _cards(slug)
    if tab not in TABS:
        tab = "available" if any(card.tab == "available" for card in cards) else "connected"
    shown = [card for card in cards if card.tab == tab]
    counts = {name: sum(card.tab == name for card in cards) for name in TABS}
    return render_template("integrations/page.html", tab=tab, cards=shown, counts=counts)


def _cards(slug: str) -> list[Card]:
    provider = provider_connection.view(outside(), business().id)
    books = books_connection.view(outside(), business().id)
    return [
        Card("Payments", "HitPay", "Sales, fees and refunds are read from here.", provider.status,
             provider.environment_label, url_for("provider.show", slug=slug)),
        Card("Accounting", "Zoho Books", "Invoices, payments and expenses are written there.", books.status,
             books.organization_name, url_for("zoho.show", slug=slug)),
    ]  # fmt: skip
