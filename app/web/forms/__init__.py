"""Forms: what a person may send, one file a noun. The CSRF token is checked for all of them in `web/csrf.py`."""

from __future__ import annotations

from typing import Any

from wtforms import Form
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from app.services.refusals import Refusal


def blame(form: Form, refusal: Refusal) -> None:
    """Put a service's refusal next to the fields it names, or above the form."""
    named = {name: sentence for name, sentence in refusal.problems.items() if name in form}
    for name, sentence in named.items():
        form[name].errors = [*form[name].errors, sentence]
    if not named:
        form.form_errors.append(refusal.sentence)


def choice(value: str, label: str, *, closed: bool = False, why: str = "") -> Any:
    """One entry of a list; a closed one can be seen but not chosen, and says why."""
    marks = {"disabled": True, **({"title": why} if why else {})} if closed else {}
    return SelectChoice(value=value, label=label, render_kw=marks)
