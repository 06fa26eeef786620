"""The form of the first set-up."""

from __future__ import annotations

from wtforms import EmailField, Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class SetupForm(Form):
    """The console's token and the first owner's email and password."""

    token = StringField(
        "Setup token",
        [
            InputRequired("Enter the token from the server's console."),
            Length(max=200, message="This is longer than a set-up token."),
        ],
        description="Printed on the server's console at its start. Good for 30 minutes, once.",
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    email = EmailField(
        "Email",
        [InputRequired("Enter your email address."), Length(max=254, message="This is too long for an email.")],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Choose a password."), Length(max=200, message="Use at most 200 characters.")],
        description="At least 12 characters. Three or four words that don't belong together are good.",
        render_kw={"autocomplete": "new-password"},
    )
