"""The settings form: its lists come from Zoho Books, its meaning is checked by the service."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, SelectField, SelectMultipleField
from wtforms.validators import ValidationError

from app.domain.clockwork import HOURS
from app.services.business.settings import Option, SettingsInput, SettingsView
from app.web.forms import choice

ALL = "all"

_ACCOUNTS = ("sales_account", "fee_account", "refund_account", "bank_account", "payout_account")

NEEDED = ("sales_account", "fee_account", "refund_account", "bank_account", "default_item")
"""What a first save needs, and so what may be chosen beforehand. A Payout Account decides whether payouts are written
at all: that is for a person to choose."""

_TEXTS = (*_ACCOUNTS, "default_item", "grouping", "sales_tax", "locked_period", "sync_hour")
_TICKS = ("sync_enabled", "own_numbers")

FIELDS = (*_TEXTS, *_TICKS, "channels")
"""Every field of the form; none of them is secret."""


class SettingsForm(Form):
    """Labels as the settings dialog shows them."""

    sales_account = SelectField("Sales Account", description="Income account for your sales.", validate_choice=False)
    fee_account = SelectField("Fee Account", description="Expense account for HitPay's fees.", validate_choice=False)
    refund_account = SelectField("Refund Account", description="Liability account for refunds.", validate_choice=False)
    bank_account = SelectField(
        "Bank Account",
        description="The clearing account through which all HitPay money passes. Best is one made for HitPay alone.",
        validate_choice=False,
    )
    default_item = SelectField(
        "Default Item", description="Stands on every invoice line. It must sell onto the Sales Account.",
        validate_choice=False,
    )  # fmt: skip
    grouping = SelectField(
        "Invoice Grouping",
        choices=[choice("bulk", "Bulk"), choice("individual", "Individual")],
        description="Bulk: one summary a day and currency, once the day has closed. Individual: documents for each "
        "charge, at each sync.",
        validate_choice=False,
    )
    channels = SelectMultipleField("Sales Channels", validate_choice=False)
    sync_enabled = BooleanField("Enable sync", description="Only charges made while sync is on go to Zoho Books.")

    payout_account = SelectField(
        "Payout Account",
        description="The account of your bank. Each HitPay payout made from now on is moved there from the Bank "
        "Account, if it adds up. Not chosen: payouts are not written.",
        validate_choice=False,
    )

    sales_tax = SelectField(
        "Tax on Sales",
        description="Your sales include this tax. Not chosen: what the Default Item bears, if anything.",
        validate_choice=False,
    )
    locked_period = SelectField(
        "Locked Period",
        choices=[
            choice("wait", "Wait until it is opened"),
            choice("next_open_day", "Post on the first open day, with the true date in the text"),
        ],
        description="What becomes of documents dated in a period that is locked in Zoho Books.",
        validate_choice=False,
    )
    sync_hour = SelectField(
        "Daily Sync",
        choices=[choice(str(hour), f"{hour:02}:{0 if hour else 30:02}") for hour in HOURS],
        description="The hour of the daily sync, in the organization's time zone. Sales come in every hour besides.",
        validate_choice=False,
    )
    own_numbers = BooleanField(
        "Number invoices and credit notes by Tieout's reference",
        description="Zoho Books then refuses a second one by itself. It doesn't use up numbers of your own series. "
        "Not for countries in which numbers must be short or without gaps.",
    )

    def validate_channels(self, field: SelectMultipleField) -> None:
        """All of them, or some: both at once can't be meant."""
        if ALL in (field.data or []) and len(field.data or []) > 1:
            raise ValidationError("Tick All Sales Channels or single ones, not both.")

    def wanted(self) -> SettingsInput:
        """What was submitted, for the service."""
        given: dict[str, Any] = {name: str(self[name].data or "") for name in _TEXTS}
        channels = tuple(dict.fromkeys(one for one in self.channels.data or [] if one != ALL))
        given |= {name: bool(self[name].data) for name in _TICKS}
        return SettingsInput(**given, channels=channels)


def settings_form(view: SettingsView, given: MultiDict[str, str] | None = None) -> SettingsForm:
    """The form with its lists filled; what was given stands before what is stored, and that before what is offered."""
    form = SettingsForm(given, data=_stored(view))
    lists = (form.sales_account, form.fee_account, form.refund_account, form.bank_account, form.default_item)
    for field in (*lists, form.payout_account, form.sales_tax):
        options = view.options[field.short_name]
        none = "Choose one" if field in lists else "None"
        field.choices = [choice("", none), *(_choice(option, field.short_name) for option in options)]
    form.channels.choices = _channels(view)
    return form


def _stored(view: SettingsView) -> dict[str, Any]:
    current = view.current
    plain = {name: getattr(current, name) for name in (*_TEXTS, *_TICKS)}
    if not view.saved:
        plain |= {name: view.offers[name].id for name in NEEDED if name in view.offers and not plain[name]}
    return {**plain, "channels": list(current.channels) or [ALL]}


def _choice(option: Option, name: str) -> Any:
    """Whether an item fits depends on the Sales Account still being chosen, so only accounts are closed."""
    closed = not option.fits and name != "default_item"
    return choice(option.id, f"{option.label} (doesn't fit)" if closed else option.label, closed=closed, why=option.why)


def _channels(view: SettingsView) -> list[Any]:
    known = {option.id: option.label for option in view.channels}
    known |= {option.id: f"Seen in your account: {option.label}" for option in view.seen_channels}
    known |= {code: code for code in view.current.channels if code not in known}
    return [choice(ALL, "All Sales Channels"), *(choice(code, label) for code, label in known.items())]
