"""Guards as the Zoho Books page shows them: kind by kind, what each still risks, how to raise it."""

from __future__ import annotations

from app.services.business import settings
from app.services.connections.books_connection import KIND, BooksView
from app.services.writing import guards
from app.services.writing.guards import GuardsView


def view(business_id: int, books: BooksView) -> GuardsView | None:
    """The guards of a connected business, None while no organization is held."""
    if not books.organization_id:
        return None
    rules = settings.current_rules(business_id)
    target = f"{KIND}:{books.organization_id}"
    return guards.view(target, own_numbers=bool(rules and rules.own_numbers))
