"""The forms of the Zoho Books page: the API client and data centre, then the organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict
from wtforms import Form, PasswordField, SelectField, StringField

from app.domain.chart import Organization
from app.services.outside import Place
from app.web.forms import choice


class ConnectForm(Form):
    """The API client registered at Zoho; both fields stay empty to use the one stored for the data centre."""

    client_id = StringField("Client ID", render_kw={"autocomplete": "off", "spellcheck": "false"})
    client_secret = PasswordField("Client secret", render_kw={"autocomplete": "off", "spellcheck": "false"})
    datacenter = SelectField(
        "Zoho datacenter",
        description="The one whose address your browser shows when you use Zoho Books.",
        validate_choice=False,
    )


class OrganizationForm(Form):
    """Which of the reachable organizations this business belongs to."""

    organization = SelectField("Organization", validate_choice=False)


def connect_form(
    places: Sequence[Place], given: MultiDict[str, str] | None = None, data: Mapping[str, object] | None = None
) -> ConnectForm:
    """The form with its list filled, each place with what the address bar shows there."""
    form = ConnectForm(given, data=data)
    form.datacenter.choices = [choice(place.code, _label(place)) for place in places]
    return form


def _label(place: Place) -> str:
    return f"{place.label} ({place.hint})" if place.hint else place.label


def organization_form(found: Sequence[Organization], given: MultiDict[str, str] | None = None) -> OrganizationForm:
    """The form with one entry an organization; an inactive one can be seen but not chosen."""
    form = OrganizationForm(given)
    entries = [choice(one.id, _named(one), closed=not one.active) for one in found]
    # Of several none is chosen beforehand: the first one may well be somebody else's books.
    form.organization.choices = [choice("", "Choose one"), *entries] if len(entries) > 1 else entries
    return form


def _named(one: Organization) -> str:
    return f"{one.name}, {one.currency}" + ("" if one.active else " (inactive in Zoho Books)")
