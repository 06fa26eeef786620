"""What the books of a business offer to choose from, read at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.ports import Account, Item, OutsideError, Tax, Temporary
from app.services.connections import books_connection
from app.services.outside import Outside
from app.services.refusals import Refusal


@dataclass(frozen=True)
class Choices:
    """What the books offered when they were read."""

    accounts: Sequence[Account]
    items: Sequence[Item]
    taxes: Sequence[Tax] = ()


class Unread(Refusal):
    """The books can't be read. `passing` is True where trying again in a minute may help by itself."""

    def __init__(self, error: OutsideError) -> None:
        self.passing = isinstance(error, Temporary)
        then = " Try again in a minute." if self.passing else ""
        super().__init__(f"The settings need Zoho Books. {error}{then}", detail=error.detail)


def read_choices(outside: Outside, business_id: int) -> Choices:
    """Accounts, items and taxes in five calls. Unread if one of them fails."""
    try:
        choices = books_connection.books_of(outside, business_id).choices
        return Choices(choices.accounts(), choices.items(), choices.taxes())
    except OutsideError as error:
        raise Unread(error) from error
