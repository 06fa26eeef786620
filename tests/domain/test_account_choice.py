"""Which accounts and items fit which field, and why others don't."""

from __future__ import annotations

import pytest

from app.domain.account_choice import AccountRole, account_problems, item_problem, items_for, of_role
from app.domain.chart import Account, Item

ACCOUNTS = [
    Account(id="1", name="Sales", type="income"),
    Account(id="2", name="Fees", type="expense"),
    Account(id="3", name="Refunds", type="other_current_liability"),
    Account(id="4", name="Clearing", type="bank", currency="SGD"),
    Account(id="5", name="Dollars", type="bank", currency="USD"),
    Account(id="6", name="Old sales", type="income", active=False),
]
RIGHT = {AccountRole.SALES: "1", AccountRole.FEE: "2", AccountRole.REFUND: "3", AccountRole.BANK: "4"}


def test_right_choices_have_no_problems() -> None:
    assert account_problems(RIGHT, ACCOUNTS, "SGD") == {}


def test_list_holds_only_active_accounts_of_the_right_type() -> None:
    assert [account.name for account in of_role(ACCOUNTS, AccountRole.SALES)] == ["Sales"]


@pytest.mark.parametrize(
    ("role", "choice", "says"),
    [
        (AccountRole.SALES, "", "Choose the Sales Account."),
        (AccountRole.SALES, "2", "must be an active account of the type Income"),
        (AccountRole.SALES, "6", "must be an active account of the type Income"),
        (AccountRole.FEE, "1", "must be an active account of the type Expense"),
        (AccountRole.REFUND, "4", "must be an active account of the type Other Current Liability"),
        (AccountRole.BANK, "99", "not in Zoho Books any more"),
        (AccountRole.BANK, "5", "HitPay pays out in SGD"),
        (AccountRole.PAYOUT, "1", "must be an active account of the type Bank or Cash"),
        (AccountRole.PAYOUT, "5", "HitPay pays out in SGD"),
        (AccountRole.PAYOUT, "99", "not in Zoho Books any more"),
        (AccountRole.PAYOUT, "4", "This is the Bank Account"),
    ],
)
def test_wrong_choice_is_refused_at_its_own_field(role: AccountRole, choice: str, says: str) -> None:
    problems = account_problems(RIGHT | {role: choice}, ACCOUNTS, "SGD")

    assert list(problems) == [role.field]
    assert says in problems[role.field]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (Item(id="i", name="Tea", account_id="1"), ""),
        (Item(id="i", name="Tea", account_id="7"), "doesn't sell onto the Sales Account"),
        (Item(id="i", name="Tea", account_id="1", inventory=True), "keeps stock"),
        (Item(id="i", name="Tea", account_id="1", active=False), "inactive"),
        (Item(id="other", name="Tea", account_id="1"), "not in Zoho Books any more"),
    ],
)
def test_default_item_must_be_plain_and_sell_onto_the_sales_account(item: Item, says: str) -> None:
    problem = item_problem("i", [item], "1")

    assert says in problem if says else problem == ""


def test_fitting_items_come_first() -> None:
    items = [Item(id="a", name="Anything", account_id="7"), Item(id="b", name="Sales item", account_id="1")]

    assert [item.id for item in items_for(items, "1")] == ["b", "a"]
