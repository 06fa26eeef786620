"""Two weeks of trade, kept true day by day, through the same services that pages and jobs use."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from app.demo import hands
from app.demo.folder import Seeded
from app.demo.problems import DemoProblem
from app.demo.simulated import Simulated
from app.services.business import businesses, default_item, settings
from app.services.business.settings import SettingsInput
from app.services.connections import books_connection, consent, provider_connection
from app.services.outside import Outside
from app.services.people import people
from app.services.syncing import runs, sync

EMAIL = "owner@lumen.example"
SYNCING, UNTOUCHED = "Lumen Home Goods", "Harbour Books and Coffee"
PLACE = "simulator"

_SIGN_IN = "the demo's set-up"
_ACCOUNTS = {
    "sales_account": "Sales",
    "fee_account": "HitPay Fees",
    "refund_account": "Refunds payable",
    "bank_account": "HitPay Clearing",
    "payout_account": "DBS Current Account",
}


@dataclass(frozen=True)
class Seeding:
    """What seeding works with. Its `outside` paces no calls; `tell` hears of the progress."""

    outside: Outside
    simulated: Simulated
    clock: Path
    keys: dict[str, Any]
    tell: Callable[[str], None]

    def run(self, days: int) -> tuple[Seeded, datetime]:
        """Trade `days` days up to yesterday, each synced at 01:00 of the next; and when the last sync was."""
        first = hands.today() - timedelta(days=days)
        hands.stand_at(self.clock, hands.midnight(first))
        self.simulated.set_limits(list(self.keys["zoho"]["organizations"].values()), on=False)
        user_id = people.create_user(self.outside.clock, EMAIL, secrets.token_urlsafe(24)).id
        business_id = businesses.create(self.outside, SYNCING, str(hands.ZONE), user_id).id
        self._connect(business_id)
        self._choose(business_id, user_id)
        for account in self.keys["hitpay"]:
            self.simulated.tell("drip", account=account, on=True, since=first.isoformat())
        for number in range(days):
            self._live_through(business_id, first + timedelta(days=number))
        businesses.create(self.outside, UNTOUCHED, str(hands.ZONE), user_id)
        return Seeded(user_id), self.outside.clock.now()

    def _connect(self, business_id: int) -> None:
        provider_connection.connect(self.outside, business_id, PLACE, self.keys["hitpay"]["lumen"])
        zoho = self.keys["zoho"]
        url = consent.begin(self.outside, business_id, _SIGN_IN, PLACE, zoho["client_id"], zoho["client_secret"])
        back = self.simulated.consent(url)
        consent.finish(
            self.outside,
            _SIGN_IN,
            state=back.get("state", ""),
            code=back.get("code", ""),
            error=back.get("error", ""),
            accounts_server=back.get("accounts-server", ""),
        )
        books_connection.confirm(self.outside, business_id, zoho["organizations"][SYNCING])

    def _choose(self, business_id: int, user_id: int) -> None:
        offered = settings.view(self.outside, business_id).options
        chosen: dict[str, Any] = {
            field: next(option.id for option in offered[field] if option.fits and option.label == name)
            for field, name in _ACCOUNTS.items()
        }
        item = default_item.create(self.outside, business_id, chosen["sales_account"])
        wanted = SettingsInput(default_item=item.id, grouping="individual", sync_enabled=True)
        wanted = replace(wanted, **chosen)
        settings.save(self.outside, business_id, user_id, wanted)

    def _live_through(self, business_id: int, day: date) -> None:
        """Let a day pass and sync what it brought; DemoProblem unless all of it went into the books."""
        hands.stand_at(self.clock, hands.midnight(day + timedelta(days=1)) + hands.ARRIVAL)
        run_id = runs.request(self.outside, business_id, "daily")
        sync.execute(self.outside, run_id)
        ended = runs.one(self.outside, business_id, run_id)
        if ended is None or ended.outcome != "fine":
            raise DemoProblem(f"The sync of {day} went wrong: {ended.sentence if ended else 'it is gone'}")
        self.tell(f"  {day:%a %d %b}: {ended.counts['posted']} documents posted")
