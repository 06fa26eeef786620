"""Accounts that are missing in Zoho Books, made there from the settings form. Nothing is chosen or saved by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain import account_choice
from app.domain.account_choice import AccountRole
from app.domain.chart import Account
from app.ports import BooksChoices, InDoubt, OutsideError, Refused
from app.services.business import default_item, settings
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.refusals import Refusal

NAMES: Mapping[AccountRole, str] = {
    AccountRole.SALES: "HitPay Sales",
    AccountRole.FEE: "HitPay Fees",
    AccountRole.REFUND: "HitPay Refunds",
    AccountRole.BANK: "HitPay Clearing",
}
"""What an account is called that is made for a role."""

ITEM = "default_item"


@dataclass
class Making:
    """What came of a press: id and name by field of what is there now, and why the rest isn't."""

    made: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: Refusal | None = None

    @property
    def names(self) -> str:
        return ", ".join(f"“{name}”" for _id, name in self.made.values())


def makeable(field_name: str) -> bool:
    """Whether an account or item can be made for this field of the settings."""
    return field_name == ITEM or any(role.field == field_name for role in NAMES)


def make(outside: Outside, business_id: int, wanted: Sequence[str], chosen: Mapping[str, str]) -> Making:
    """Make, or find if they are there already, what the `wanted` fields need. `chosen` holds what the form says now.

    It ends with the first that Zoho Books refuses; what was made before stays made, and is told. The item comes last:
    it sells onto the Sales Account, whether made or chosen.
    """
    making = Making()
    try:
        for role in NAMES:
            if role.field in wanted:
                account = create(outside, business_id, role)
                making.made[role.field] = account.id, account.name
        if ITEM in wanted:
            sales = making.made.get("sales_account", (chosen.get("sales_account", ""), ""))[0]
            item = default_item.create(outside, business_id, sales)
            making.made[ITEM] = item.id, item.name
    except Refusal as refusal:
        making.refused = refusal
    return making


def create(outside: Outside, business_id: int, role: AccountRole) -> Account:
    """Make the account of a role, or find it if it is there already. Refusal with a sentence if Zoho won't."""
    home = settings.home_currency(business_id)
    try:
        books = books_connection.books_of(outside, business_id)
        return _first_free(books.choices, role, home or books.currency)
    except InDoubt as error:
        sentence = f"{error} Try again: if it was made, it is found."
        raise Refusal(sentence, field=role.field, detail=error.detail) from error
    except OutsideError as error:
        raise Refusal(_why_not_made(role, error), field=role.field, detail=error.detail) from error


def _why_not_made(role: AccountRole, error: OutsideError) -> str:
    name = NAMES[role]
    if isinstance(error, Refused) and error.cause == "missing_permission":
        return (
            f"“{name}” wasn't made: the Zoho login isn't allowed to make accounts. Make an account of the type "
            f"{role.type_label} in Zoho Books, or let an owner reconnect Zoho Books and accept everything it asks for."
        )
    return f"“{name}” wasn't made. {error} Make it in Zoho Books, or try again."


def _first_free(books: BooksChoices, role: AccountRole, home: str) -> Account:
    """The account under the first name that isn't taken: an inactive one holds its name, and no list shows it."""
    accounts = books.accounts()
    for name in _names(NAMES[role]):
        there = next((one for one in accounts if one.name.strip().lower() == name.lower()), None)
        if there and not account_choice.why_not(there, role, home):
            return there
        if there:
            continue
        try:
            return books.create_account(name, role.types[0], home)
        except Refused as error:
            if error.cause != "exists":
                raise
            accounts = books.accounts()  # somebody may have made it just now
            twin = next((one for one in accounts if one.name.strip().lower() == name.lower()), None)
            if twin and not account_choice.why_not(twin, role, home):
                return twin
    raise Refused("All names it could have are taken.", cause="exists")


def _names(name: str) -> list[str]:
    return [name, *(f"{name} {number}" for number in range(2, 6))]
