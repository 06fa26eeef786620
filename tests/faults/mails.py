"""A mail through its outbox, with a real mail server that is down when the trouble begins: what comes of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask_migrate import upgrade

from app import create_app
from app.clock import ManualClock
from app.ports import Temporary
from app.services.alerts import mailing, noting, reminding
from app.store.db import db
from tests.conftest import START, config_for
from tests.mailbox import Mailbox, open_mailbox
from tests.shop import Shop, open_shop

OUTAGE = (0, 1, 5, 15, 109)
"""Minutes between failed calls: enough of them for an incident."""


def what_is_wrong() -> str:
    """An outage while nobody takes mail: once the server listens again, one mail tells of it. "" if so."""
    with _watched() as (shop, mailbox):
        mailbox.down()
        for minutes in OUTAGE:
            shop.clock.advance(timedelta(minutes=minutes))
            noting.failed(shop.outside, shop.business, "books", Temporary("Zoho Books did not answer."))
        _tick(shop)
        mailbox.up()
        for _quarter in range(4):
            _tick(shop)
        told = mailbox.subjects
    return "" if len(told) == 1 else f"{len(told)} mails of one outage: {told}"


def _tick(shop: Shop) -> None:
    shop.clock.advance(timedelta(minutes=15))
    reminding.run_due(shop.outside)
    mailing.send_due(shop.outside)


@contextmanager
def _watched() -> Iterator[tuple[Shop, Mailbox]]:
    """A business whose first sync went through, on a database of its own, and its mail server."""
    clock = ManualClock(START)
    with tempfile.TemporaryDirectory() as folder, open_mailbox() as mailbox:
        database = Path(folder) / "tieout.sqlite3"
        with create_app(config_for(database)).app_context():
            upgrade()
            db.engine.dispose()
        with open_shop(database, clock, smtp_url=mailbox.url, mail_from="tieout@example.com") as shop:
            shop.set_up()
            shop.clock.advance(timedelta(minutes=5))
            assert shop.sync().outcome == "fine"
            yield shop, mailbox
