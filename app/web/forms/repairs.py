"""What a person sends with a repair."""

from __future__ import annotations

from wtforms import BooleanField, Form, HiddenField, StringField, TextAreaField


class RepairForm(Form):
    """`seen` is how the document stood on the page; `agreed` the differences that were shown."""

    seen = HiddenField()
    agreed = HiddenField()
    note = TextAreaField("Note")
    on_clearing = BooleanField("It is on the Bank Account chosen in Settings, so count it there")
    books_id = StringField("Address or number of the record in Zoho Books")
    confirmed = BooleanField("It is the one all the same")
