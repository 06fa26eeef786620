"""The form of whom to tell and what."""

from __future__ import annotations

from wtforms import BooleanField, Form, StringField, TextAreaField


class AlertsForm(Form):
    """Recipients, digest and ping address; what may stand in them is for the service to say."""

    recipients = TextAreaField(
        "Recipients",
        description="One email address a line. Leave it empty to tell the owners of this business.",
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    digest = BooleanField("Daily digest", description="At 08:00, if records are held or something came and went.")
    ping_url = StringField("Ping address", render_kw={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"})
