"""The form that connects a payment provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict
from wtforms import Form, PasswordField, SelectField

from app.services.outside import Place
from app.web.forms import choice


class ProviderForm(Form):
    """Environment and API key; whether they belong together is asked of the provider."""

    environment = SelectField("Environment", validate_choice=False)
    api_key = PasswordField("API key", render_kw={"autocomplete": "off", "spellcheck": "false"})


def provider_form(
    places: Sequence[Place], given: MultiDict[str, str] | None = None, data: Mapping[str, object] | None = None
) -> ProviderForm:
    """The form with its list filled."""
    form = ProviderForm(given, data=data)
    form.environment.choices = [choice(place.code, place.label) for place in places]
    return form
