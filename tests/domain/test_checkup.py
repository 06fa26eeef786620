"""Rules of what a test says: a line a thing, and the whole in one sentence."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain import checkup
from app.domain.chart import Account, Item, Organization, Tax
from app.domain.checkup import Finding
from app.domain.rules import Grouping, LockedPeriod, Rules

RULES = Rules(
    sales_account="s", fee_account="f", refund_account="r", bank_account="b", default_item="i",
    clearing_currency="SGD", grouping=Grouping.BULK, names={},
)  # fmt: skip
ACCOUNTS = [
    Account(id="s", name="Sales", type="income"),
    Account(id="f", name="HitPay Fees", type="expense"),
    Account(id="r", name="Refunds", type="other_current_liability"),
    Account(id="b", name="HitPay Clearing", type="bank", currency="SGD"),
]
ITEM = Item(id="i", name="HitPay sales", account_id="s")
TODAY = date(2026, 11, 22)


def line(name: str, tone: checkup.Tone) -> Finding:
    return Finding(name=name, tone=tone, sentence="x")


def test_the_worst_line_gives_the_tone_and_the_sentence_names_it() -> None:
    assert checkup.verdict([line("A", "ok")])[0] == "ok"
    assert checkup.verdict([line("A", "ok"), line("B", "warn")]) == ("warn", "Nothing is broken. Look at: B.")
    tone, sentence = checkup.verdict([line("A", "warn"), line("B", "bad"), line("C", "bad")])
    assert (tone, sentence) == ("bad", "Sync can't work as it is. Broken: B and C. Look also at: A.")


@pytest.mark.parametrize(
    ("granted", "refused", "tone", "words"),
    [
        (["a.READ", "a.CREATE"], [], "ok", "all that Tieout needs"),
        (["a.ALL"], [], "ok", "all that Tieout needs"),
        (["ZohoBooks.fullaccess.all"], [], "ok", "all that Tieout needs"),
        (["a.READ"], [], "warn", "can't be made from Settings without a.CREATE"),
        (["a.CREATE"], [], "bad", "lacks a.READ"),
        ([], [], "bad", "lacks a.READ"),
        (None, [], "ok", "denied nothing"),
        (["a.READ", "a.CREATE"], ["accounts"], "bad", "denied reading accounts"),
    ],
)
def test_permissions_granted_are_held_against_those_needed(
    granted: list[str] | None, refused: list[str], tone: str, words: str
) -> None:
    found = checkup.permissions(granted, ("a.READ", "a.CREATE"), {"a.CREATE"}, refused)
    assert (found.tone, words in found.sentence) == (tone, True), found
    assert tone == "ok" or "reconnect" in found.sentence


@pytest.mark.parametrize(
    ("changed", "tone"),
    [({}, "ok"), ({"active": False}, "bad"), ({"currency": "USD"}, "bad"), ({"id": "2"}, "bad")],
)
def test_organization_must_be_reachable_active_and_in_its_currency(changed: dict[str, object], tone: str) -> None:
    given = {"id": "1", "name": "Shop", "currency": "SGD", "time_zone": "Asia/Singapore", "active": True}
    assert checkup.organization([Organization(**(given | changed))], "1", "SGD").tone == tone  # type: ignore[arg-type]


def test_accounts_and_item_that_are_right_are_each_named() -> None:
    found = checkup.chosen(RULES, ACCOUNTS, [ITEM], "SGD")
    assert [(one.name, one.tone) for one in found] == [
        ("Sales Account", "ok"), ("Fee Account", "ok"), ("Refund Account", "ok"), ("Bank Account", "ok"),
        ("Default Item", "ok"),
    ]  # fmt: skip


def test_account_that_is_gone_or_in_another_currency_and_item_that_sells_elsewhere_are_broken() -> None:
    foreign = Account(id="b", name="HitPay Clearing", type="bank", currency="USD")
    wrong = Item(id="i", name="HitPay sales", account_id="other")
    found = checkup.chosen(RULES, [ACCOUNTS[0], foreign, *ACCOUNTS[2:3]], [wrong], "SGD")
    assert [one.name for one in found if one.tone == "bad"] == ["Fee Account", "Bank Account", "Default Item"]
    assert all("Settings" in one.sentence for one in found if one.tone == "bad")


def test_tax_that_is_gone_is_broken() -> None:
    taxed = Rules(**{name: getattr(RULES, name) for name in RULES.__struct_fields__} | {"sales_tax": "tax:1"})
    assert checkup.tax(taxed, [Tax(code="tax:1", name="GST (9%)")], [ITEM]).tone == "ok"
    assert checkup.tax(taxed, [], [ITEM]).tone == "bad"


@pytest.mark.parametrize(
    ("until", "tone", "words"),
    [
        (None, "ok", "No period is locked"),
        (date(2026, 10, 31), "ok", "Locked until 31 Oct 2026"),
        (date(2026, 11, 20), "ok", "Locked until 20 Nov 2026"),
        (date(2026, 11, 21), "warn", "wait until it is opened"),
        (date(2026, 12, 31), "warn", "wait until it is opened"),
    ],
)
def test_lock_matters_once_it_reaches_yesterday(until: date | None, tone: str, words: str) -> None:
    found = checkup.lock(until, TODAY, RULES)
    assert (found.tone, words in found.sentence) == (tone, True), found


def test_lock_that_moves_documents_says_so() -> None:
    moving = Rules(**{name: getattr(RULES, name) for name in RULES.__struct_fields__}
                   | {"locked_period": LockedPeriod.NEXT_OPEN_DAY})  # fmt: skip
    assert "first open day" in checkup.lock(TODAY, TODAY, moving).sentence


def test_plan_is_told_with_its_calls_where_it_is_known() -> None:
    assert checkup.plan("", 5) is None
    found = [checkup.plan("Standard", 5), checkup.plan("STANDARD", 1_600), checkup.plan("Something new", 5)]
    assert [one.tone for one in found if one] == ["ok", "warn", "ok"]
    assert found[0]
    assert "5 calls today, of 2,000" in found[0].sentence
