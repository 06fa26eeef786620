"""Two businesses to walk through with a real browser: in one everything has happened, in the other nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from app.clock import ManualClock
from app.domain.repairs import Repair
from app.services.business import businesses
from app.services.people import people
from app.simulator.trade import Options
from app.simulator.zoho_books import people as bookkeeper
from app.simulator.zoho_books.organizations import set_lock_date
from app.store.db import read
from app.store.movements import Movement
from app.store.outbox import Effect
from app.store.runs import Run
from tests.shop import ACCOUNT, Shop, open_shop

MIXED = Options(refunded=0.2, manual=0.05, void=0.05, unpaid=0.05, foreign=0.05)
LONG = "Ångström & Søn’s <Exceptionally> Long-Named Home Goods, Homewares and Household Sundries Company Pte Ltd"


@dataclass
class Town:
    """The install, served on loopback, and what stands for each part of an address in each business."""

    shop: Shop
    url: str
    places: dict[str, dict[str, list[str]]]

    def enter(self, context: BrowserContext) -> None:
        """Sign the owner in."""
        page = context.new_page()
        page.goto(self.url + people.create_sign_in_link(self.shop.clock, self.shop.user))
        page.get_by_role("button").first.click()
        page.wait_for_url(f"{self.url}/")
        page.close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(10)


@pytest.fixture
def town(database: Path, clock: ManualClock, browser: Browser) -> Iterator[Town]:
    """The rich business is slug `rich`, the empty one `empty`."""
    with open_shop(database, clock) as shop:
        empty = businesses.create(shop.outside, LONG, "Asia/Singapore", _owner(shop)).slug
        _live_a_little(shop)
        rich = shop.business_view().slug
        with _served(shop.app) as url:
            shared = {"month": ["2026-11", "2026-10"], "word": [one.value for one in Repair]}
            yield Town(
                shop, url, {"rich": {"slug": [rich], **shared, **_stories(shop)}, "empty": {"slug": [empty], **shared}}
            )


def _owner(shop: Shop) -> int:
    shop.user = people.create_user(shop.clock, "owner@example.com", "seven quiet copper kettles", "owner", "").id
    return shop.user


def _live_a_little(shop: Shop) -> None:
    """Sales of all kinds, refunds, a payout that ties and one that doesn't, a refusal, a doubt, a lock."""
    shop.open_business("Lumen Home Goods and Exceptionally Long Names of Household Sundries")
    shop.connect_provider()
    shop.connect_books()
    shop.save(channels=("shopify", "online_store", "point_of_sale", "payment_links"), payout_account=_bank(shop))
    for number in range(3):
        ended = shop.next_day()
        shop.world.trade(ACCOUNT, ended, ended + timedelta(days=1), 7 + number, 22, MIXED, until=shop.clock.now())
        shop.sync("daily")
    shop.clock.advance(timedelta(minutes=40))
    paid = [row["id"] for row in shop.world.charges(ACCOUNT) if row["status"] == "succeeded"][:3]
    shop.world.pay_out(ACCOUNT, paid)
    shop.world.change_payout(shop.world.pay_out(ACCOUNT)["id"], amount="95.50")
    shop.fault("create_expense", "error_after_apply", nth=1)
    shop.fault("create_invoice", "refused", nth=2, status=400, code=1002)
    for _sale in range(3):
        shop.clock.advance(timedelta(minutes=3))
        shop.world.add_charge(ACCOUNT, order_reference_number="A-very-long-order-reference-" * 3)
    shop.sync()
    (fee, *_others) = shop.documents("expenses")
    bookkeeper.delete(shop.simulator, shop.organization, "expenses", fee["id"])
    set_lock_date(shop.simulator, shop.organization, "2026-12-31")
    shop.clock.advance(timedelta(minutes=3))
    shop.world.add_charge(ACCOUNT)
    shop.sync_by_hand()


def _bank(shop: Shop) -> str:
    return str(shop.truth()["accounts"]["DBS Current Account"]["account_id"])


def _stories(shop: Shop) -> dict[str, list[str]]:
    """One row of each sort: records by kind and decision, documents by action and state, runs by outcome."""
    sorts: dict[str, sa.Select[tuple[int]]] = {
        "record_id": _one_each(Movement.id, Movement.kind, Movement.decision, business=Movement.business_id),
        "document_id": _one_each(Effect.id, Effect.action, Effect.state, business=Effect.business_id),
        "run_id": _one_each(Run.id, Run.outcome, Run.trigger, business=Run.business_id),
    }
    with read() as session:
        return {
            name: [str(one) for one in session.scalars(wanted.where(sa.text(f"business_id = {shop.business}")))]
            for name, wanted in sorts.items()
        }


def _one_each(key: Any, *sorts: Any, business: Any) -> sa.Select[tuple[int]]:
    return sa.select(sa.func.max(key)).where(business.is_not(None)).group_by(*sorts)
