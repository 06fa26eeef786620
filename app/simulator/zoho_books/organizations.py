"""Users and organizations: who belongs where, what an organization allows, and the chart it starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.simulator.state import Row
from app.simulator.zoho_books.accounts import create_account
from app.simulator.zoho_books.answers import Answer, ok
from app.simulator.zoho_books.book import ORGANIZATIONS, Book
from app.simulator.zoho_books.currencies import add_currencies
from app.simulator.zoho_books.limits import CALLS_PER_DAY

if TYPE_CHECKING:
    from app.simulator.simulated import Simulator

USERS = "zoho.user"
_FIRST_ORGANIZATION = 20_234_694
SWITCHES: dict[str, Any] = {
    "calls_per_minute": 100,
    "block_seconds": 60,
    "calls_per_day": 2_000,
    "calls_at_once": 10,
    "draft_accepts_payment": True,
    "approval_required": False,
    "tax_required": False,
    "credit_note_link_applies": False,
    "reference_in_account_transactions": True,
    "trial_over": False,
    "invoice_cap": 0,
    "list_lag_seconds": 0,
    "exchange_rate_decimals": 6,
}
_CHART = [  # name, type, the system role it plays
    ("Accounts Receivable", "accounts_receivable", "receivables"),
    ("Accounts Payable", "accounts_payable", "payables"),
    ("Undeposited Funds", "cash", "undeposited"),
    ("Petty Cash", "cash", ""),
    ("Tax Payable", "other_current_liability", "tax"),
    ("Unearned Revenue", "other_current_liability", "unearned"),
    ("Refunds payable", "other_current_liability", ""),
    ("Unmatched portal payments", "other_current_liability", ""),
    ("Owner's Equity", "equity", ""),
    ("Sales", "income", "sales"),
    ("Online Sales", "income", ""),
    ("Other Charges", "income", "other_charges"),
    ("HitPay Fees", "expense", ""),
    ("Bank Fees and Charges", "expense", "bank_charges"),
    ("Office Supplies", "expense", ""),
    ("Exchange Gain or Loss", "other_expense", "exchange"),
]


def create_user(simulator: Simulator, email: str, name: str) -> str:
    """Add a person who can sign in to Zoho, and answer the user id."""
    state = simulator.state
    with state.transaction():
        user_id = str(700_000_000 + state.bump("zoho.user"))
        state.put(USERS, user_id, {"id": user_id, "email": email, "name": name})
    return user_id


def create_organization(
    simulator: Simulator,
    user_id: str,
    name: str,
    currency: str = "SGD",
    time_zone: str = "Asia/Singapore",
    plan: str = "STANDARD",
    **switches: Any,
) -> str:
    """Add an organization with a default chart of accounts, and answer its id.

    Banks: "HitPay Clearing" and "DBS Current Account" in the base currency, "USD Account" in US dollars.
    `switches` as in `set_switches`; the calls a day follow the plan unless given.
    """
    ZoneInfo(time_zone)
    state = simulator.state
    with state.transaction():
        organization_id = str(_FIRST_ORGANIZATION + state.bump("zoho.organization"))
        row: Row = {
            "id": organization_id,
            "name": name,
            "users": [user_id],
            "currency_code": currency,
            "time_zone": time_zone,
            "plan": plan.upper(),
            "is_active": True,
            "lock_date": "",
            "accounts": {},
            "settings": _settings({"calls_per_day": CALLS_PER_DAY[plan.upper()], **_at_once(plan), **switches}),
        }
        state.put(ORGANIZATIONS, organization_id, row)
        _furnish(Book(state, simulator.clock, organization_id))
    return organization_id


def add_user(simulator: Simulator, organization_id: str, user_id: str) -> None:
    """Let another person into an organization."""
    row = book_of(simulator, organization_id).organization
    _change(simulator, organization_id, users=[*row["users"], user_id])


def set_switches(simulator: Simulator, organization_id: str, **switches: Any) -> None:
    """Change how an organization behaves. Raises KeyError for an unknown switch; 0 switches a limit off."""
    known = book_of(simulator, organization_id).settings
    _change(simulator, organization_id, settings=_settings({**known, **switches}))


def set_lock_date(simulator: Simulator, organization_id: str, day: str | None) -> None:
    """Lock every date up to and including an ISO day; None unlocks."""
    _change(simulator, organization_id, lock_date=day or "")


def set_organization_active(simulator: Simulator, organization_id: str, active: bool) -> None:
    """Switch a whole organization on or off, as it shows in the list of organizations."""
    _change(simulator, organization_id, is_active=active)


def book_of(simulator: Simulator, organization_id: str) -> Book:
    """The books of an organization, for whoever builds or inspects the world."""
    return Book(simulator.state, simulator.clock, organization_id)


def organizations_of(simulator: Simulator, user_id: str) -> list[Row]:
    """The organizations a user belongs to."""
    return [row for row in simulator.state.all(ORGANIZATIONS) if user_id in row["users"]]


def list_organizations(simulator: Simulator, user_id: str) -> Answer:
    """The answer of GET /organizations for a user."""
    rows = organizations_of(simulator, user_id)
    return ok(organizations=[_show(simulator, row, first=row is rows[0]) for row in rows])


def _show(simulator: Simulator, row: Row, first: bool) -> Row:
    currency = book_of(simulator, row["id"]).currency()
    return {
        "organization_id": row["id"],
        "name": row["name"],
        "is_default_org": first,
        "is_org_active": row["is_active"],
        "plan_name": row["plan"],
        "plan_type": 130,
        "language_code": "en",
        "fiscal_year_start_month": 0,
        "time_zone": row["time_zone"],
        "currency_id": currency["id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_code"],
        "price_precision": currency["price_precision"],
    }


def _furnish(book: Book) -> None:
    base = book.organization["currency_code"]
    add_currencies(book, base)
    roles = {}
    for name, account_type, role in _CHART:
        made = create_account(book, name, account_type, system=bool(role))
        if role:
            roles[role] = made
    for name, currency in (("HitPay Clearing", base), ("DBS Current Account", base), ("USD Account", "USD")):
        create_account(book, name, "bank", currency)
    book.state.put(ORGANIZATIONS, book.id, {**book.organization, "accounts": roles})


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    unknown = given.keys() - SWITCHES.keys()
    if unknown:
        raise KeyError(f"unknown switches: {', '.join(sorted(unknown))}")
    return {**SWITCHES, **given}


def _at_once(plan: str) -> dict[str, int]:
    return {"calls_at_once": 5} if plan.upper() == "FREE" else {}


def _change(simulator: Simulator, organization_id: str, **changes: Any) -> None:
    state = simulator.state
    with state.transaction():
        state.put(ORGANIZATIONS, organization_id, {**book_of(simulator, organization_id).organization, **changes})
