"""What HitPay tells fits into the tables, on either database."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Flask

from app.domain.charges import Charge, ChargeStatus
from app.domain.money import Money
from app.services.planning.ingest import ingest
from app.store.businesses import Business
from app.store.db import read, write
from app.store.movements import Movement
from tests.conftest import START


def charge(**values: object) -> Charge:
    given: dict[str, object] = {
        "id": "c1", "status": ChargeStatus.SUCCEEDED, "gross": Money.of("10.00", "SGD"),
        "fee": Money.of("0.50", "SGD"), "home": Money.of("10.00", "SGD"), "channel": "api_store",
        "created_at": START, "closed_at": None, "updated_at": START, "captured": True, "order_reference": None,
        "method": None, "customer_name": None,
    }  # fmt: skip
    return Charge(**(given | values))  # type: ignore[arg-type]


def test_texts_longer_than_their_columns_are_cut(store: Flask) -> None:
    with write() as session:
        row = Business(name="Kopi House", slug="kopi-house", provider="hitpay", time_zone="UTC", created_at=START)
        session.add(row)
        session.flush()
        business = row.id
    long = charge(channel="c" * 300, method="m" * 300, order_reference="r" * 300, customer_name="n" * 5000)
    assert ingest(business, [long], ZoneInfo("Asia/Singapore"), START, None) == 1
    with read() as session:
        kept = session.scalars(sa.select(Movement)).one()
    assert (kept.channel, kept.method, kept.order_reference) == ("c" * 60, "m" * 60, "r" * 120)
