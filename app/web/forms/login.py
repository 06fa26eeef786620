"""The sign-in form."""

from __future__ import annotations

from wtforms import EmailField, Form, PasswordField
from wtforms.validators import InputRequired, Length, Regexp


class LoginForm(Form):
    """Email and password; whether they belong together is the service's answer."""

    email = EmailField(
        "Email",
        [
            InputRequired("Enter your email address."),
            Length(max=254, message="This is too long for an email."),
            Regexp(r"[^\x00-\x1f]*$", message="This isn't an email address."),
        ],
        render_kw={"autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        "Password",
        [InputRequired("Enter your password."), Length(max=200, message="Passwords have at most 200 characters.")],
        render_kw={"autocomplete": "current-password"},
    )
