"""The two businesses of the sixty days: one in Sydney that posts days, one in New York that posts sales."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.services.business import businesses
from app.services.connections import books_connection, provider_connection, webhooks
from app.simulator.control.truths import hitpay_truth
from app.simulator.zoho_books.limits import CALLS_PER_DAY
from app.simulator.zoho_books.organizations import book_of, create_organization, set_switches
from tests.expected_books import Accounts, ExpectedBooks
from tests.ninety_days.zoho_side import ZohoSide
from tests.shop import Shop


@dataclass(frozen=True)
class Place:
    """Where a business is and how it keeps its books. `hour` is the local hour of its daily run."""

    name: str
    account: str
    zone: str
    grouping: str
    hour: int


SYDNEY = Place("Lumen Home Goods", "lumen", "Australia/Sydney", "bulk", 2)
NEW_YORK = Place("Harbour Books and Coffee", "harbour", "America/New_York", "individual", 1)


@dataclass
class Branch(Shop):
    """One business of an install that has several, with its own Zoho user and its own second bookkeeper."""

    place: Place = SYDNEY
    zoho_user: str = ""
    organization_id: str = ""
    books: ExpectedBooks = field(init=False)
    checked: list[date] = field(default_factory=list)

    @property
    def organization(self) -> str:
        return self.organization_id

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.place.zone)

    @property
    def salt(self) -> str:
        """Known to nobody but this business and HitPay."""
        return f"salt-of-{self.place.account}-6b1f09"

    def open_business(self, name: str = "") -> int:
        zone = self.place.zone
        self.business = businesses.create(self.outside, name or self.place.name, zone, self.user).id
        return self.business

    def connect_provider(self) -> None:
        key = self.keys["hitpay"][self.place.account]
        provider_connection.connect(self.outside, self.business, "simulator", key)
        webhooks.add_salt(self.business, self.salt)

    def connect_books(self) -> None:
        self.finish(self.decide(self.consent_url(), user=self.zoho_user))
        if books_connection.view(self.outside, self.business).status == "choose_organization":
            books_connection.confirm(self.outside, self.business, self.organization)

    def begin(self) -> None:
        """Everything from nothing to sync being on from now."""
        self.organization_id = create_organization(
            self.simulator, self.zoho_user, self.place.name, time_zone=self.place.zone
        )
        # The clock stands still while a run works, so all of its calls fall into one minute.
        set_switches(self.simulator, self.organization, calls_per_minute=0)
        self.set_up(grouping=self.place.grouping, sync_hour=str(self.place.hour))
        ids = self.accounts
        accounts = Accounts(ids["Sales"], ids["HitPay Fees"], ids["Refunds payable"], ids["HitPay Clearing"])
        self.books = ExpectedBooks(self.zone, accounts, self.place.grouping)
        self.books.switch_on(self.clock.now())
        self.books.channels.append((self.clock.now(), ()))

    def use_up_calls(self) -> None:
        """Other tools of the merchant take all calls that the organization has today (as the simulator counts)."""
        today = self.clock.now().date().isoformat()
        self.simulator.state.bump(f"zoho.day:{self.organization}:{today}", CALLS_PER_DAY["STANDARD"])

    def daily_at(self, day: date) -> datetime:
        """When the daily run of a local date is due: an hour that comes twice counts once, a missing one follows."""
        return datetime.combine(day, time(self.place.hour), self.zone).astimezone(UTC)

    def dailies(self, start: datetime, end: datetime) -> list[tuple[date, datetime]]:
        """The local dates whose daily run is due after `start` and until `end`, without the date of `start` itself."""
        day, found = start.astimezone(self.zone).date() + timedelta(days=1), []
        while self.daily_at(day) <= end:
            found.append((day, self.daily_at(day)))
            day += timedelta(days=1)
        return found

    def books_are_right(self) -> None:
        """The simulated books hold what the second bookkeeper holds by now, each document once, and balance."""
        truth, now = hitpay_truth(self.simulator, self.place.account), self.clock.now()
        self.books.run(truth["charges"], truth["refunds"], now)
        zoho = ZohoSide(book_of(self.simulator, self.organization))
        found = Counter(zoho.described(kind, row) for kind, row in zoho.new_rows())
        due = Counter(self.books.documents.values())
        apart = [*(("not due", one) for one in found - due), *(("missing", one) for one in due - found)]
        assert not apart, f"{self.place.name}, {now.astimezone(self.zone)}: {apart}"
        assert zoho.balance(self.books.accounts.clearing) == sum(self.books.clearing.values())
        assert zoho.book.ledger.trial_balance() == 0
        self.checked.append(now.astimezone(self.zone).date())


def branch_of(shop: Shop, place: Place, zoho_user: str, **values: Any) -> Branch:
    """A business beside another one's install and world."""
    return Branch(shop.app, shop.outside, shop.clock, shop.simulator, shop.keys, shop.transport, user=shop.user,
                  line=shop.line, place=place, zoho_user=zoho_user, **values)  # fmt: skip
