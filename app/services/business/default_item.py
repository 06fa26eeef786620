"""The Default Item: a plain item that sells onto the Sales Account, made in Zoho Books by one click."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain import account_choice
from app.domain.account_choice import AccountRole
from app.ports import BooksChoices, InDoubt, Item, OutsideError, Refused
from app.services.business.chart import read_choices
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.refusals import Refusal

DEFAULT_ITEM_NAME = "HitPay sales"


def create(outside: Outside, business_id: int, sales_account: str) -> Item:
    """Make the item that sells onto `sales_account`, or find it if it is there already. Refusal if Zoho won't."""
    choices = read_choices(outside, business_id)
    account = next((one for one in choices.accounts if one.id == sales_account), None)
    if account is None or account_choice.why_not(account, AccountRole.SALES, ""):
        raise Refusal("Choose the Sales Account first; the item is made for it.", field="sales_account")
    names = _item_names(account.name)
    for item in choices.items:
        if item.name in names and not account_choice.why_not_item(item, sales_account):
            return item
    taken = {item.name for item in choices.items}
    try:
        books = books_connection.books_of(outside, business_id).choices
        return _first_free(books, [name for name in names if name not in taken], sales_account)
    except InDoubt as error:
        sentence = f"{error} Try again: if it was made, it is found."
        raise Refusal(sentence, field="default_item", detail=error.detail) from error
    except OutsideError as error:
        raise Refusal(
            f"The item wasn't made. {error} Make it in Zoho Books, or try again.",
            field="default_item",
            detail=error.detail,
        ) from error


def _first_free(books: BooksChoices, names: Sequence[str], sales_account: str) -> Item:
    """The item made under the first name that isn't taken: inactive items hold theirs, and no list shows them."""
    for name in names[:4]:
        try:
            return books.create_item(name, sales_account)
        except Refused as error:
            if error.cause != "exists":
                raise
    return books.create_item(names[-1], sales_account)


def _item_names(account_name: str) -> list[str]:
    numbered = [f"{DEFAULT_ITEM_NAME} {number}" for number in range(2, 100)]
    return [DEFAULT_ITEM_NAME, f"{DEFAULT_ITEM_NAME} ({account_name})"[:100], *numbered]
