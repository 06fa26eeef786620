"""HitPay as a PaymentProvider."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from app.clock import Clock
from app.domain.charges import LISTED_STATUSES, UNDONE_STATUSES, Charge, Payout, Refund
from app.domain.money import Money
from app.http_client import HttpClient
from app.ports import Refused
from app.providers.hitpay.balances import balance_from
from app.providers.hitpay.client import Filters, HitPayClient, unreadable
from app.providers.hitpay.environments import Environment
from app.providers.hitpay.payouts import payouts_from
from app.providers.hitpay.refunds import refunds_from
from app.providers.hitpay.translate import charge_from


class HitPay:
    """The charges of one HitPay account, in the statuses a person expects to see."""

    def __init__(
        self, http: HttpClient, clock: Clock, environment: Environment, api_key: str, rate_key: str = ""
    ) -> None:
        self._clock = clock
        self._client = HitPayClient(http, environment, api_key, rate_key)

    def charges(self, first: date, last: date) -> Iterator[Charge]:
        """Every charge created from `first` to `last`, by the account's own days, in no promised order.

        A row that can't be read doesn't hide the others: Refused with cause `unreadable` comes at the end.
        """
        return self._read(self._filters(first, last, LISTED_STATUSES))

    def _read(self, filters: Filters) -> Iterator[Charge]:
        broken: list[Refused] = []
        for row in self._client.charges(filters):
            try:
                charge = charge_from(row)
            except Refused as error:
                broken.append(error)
                continue
            yield charge
        if broken:
            raise _all_of(broken)

    def undone_charges(self, first: date, last: date) -> Iterator[Charge]:
        """The same, but only charges of which something was refunded, or that were voided."""
        return self._read(self._filters(first, last, UNDONE_STATUSES))

    def refunds(self, charge_id: str) -> list[Refund]:
        """The completed refunds of a charge, oldest first, from its detail: no list of refunds exists."""
        return refunds_from(self._client.charge(charge_id))

    def payouts(self, since: datetime) -> Iterator[Payout]:
        """Those paid to the bank, made at `since` or later, newest first; reading ends at the first older one."""
        return payouts_from(self._client.payouts(), since)

    def payout_charges(self, payout_id: str) -> list[Charge]:
        """Every charge that a payout settles, refunded ones too.

        By `GET /v1/charges?payout_id=`, which its specification offers beside `/payouts/{id}/charges`: there the
        statuses can be named, of which some are left out by default.
        """
        return list(self._read({"payout_id": payout_id, "statuses[]": sorted(LISTED_STATUSES)}))

    def charge(self, charge_id: str) -> Charge:
        """One charge as it is now; Refused with cause `missing` if there is none."""
        charge = charge_from(self._client.charge(charge_id))
        if charge.id != charge_id:
            raise unreadable(f"Asked for the charge {charge_id}, HitPay answered with another")
        return charge

    def balance(self, currency: str) -> Money | None:
        """Everything HitPay holds in a currency, available, pending, deposit and reserve; None if it tells none."""
        return balance_from(self._client.balances(), currency)

    def ping(self) -> None:
        """Return if the stored key works; NotConnected if it doesn't."""
        self._client.account_status()

    def _filters(self, first: date, last: date, statuses: Collection[str]) -> Filters:
        """HitPay refuses a `date_to` of tomorrow and doesn't say by which zone it counts: up to now, none is sent.

        The UTC date is at most a day off every zone's, so a date before it is no zone's tomorrow.
        """
        today = self._clock.now().date()
        filters: dict[str, str | list[str]] = {
            "statuses[]": sorted(statuses),
            "date_from": min(first, today).isoformat(),
        }
        if last < today:
            filters["date_to"] = last.isoformat()
        return filters


def _all_of(broken: list[Refused]) -> Refused:
    if len(broken) == 1:
        return broken[0]
    return Refused(f"{broken[0]} And {len(broken) - 1} more of HitPay's charges can't be read.", cause="unreadable")
