"""Pings of a dead man's switch: queued with runs, sent apart from them, never in their way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.ports import Temporary
from app.services.alerts import alerts, pings
from app.services.refusals import Refusal
from tests.services.alerts.conftest import MINUTE, Watched

URL = "https://hc-ping.com/5f0c"


class Recording:
    """A pinger that writes down what it is asked, and answers with `error` if there is one."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def check(self, url: str) -> str:
        return "" if url == URL else "This isn't an address."

    def ping(self, url: str, kind: str) -> None:
        self.asked.append((url, kind))
        if self.error:
            raise self.error


@pytest.fixture
def pinger(watched: Watched) -> Recording:
    made = Recording()
    watched.shop.outside = replace(watched.shop.outside, pinger=made)
    return made


def send(watched: Watched, span: timedelta = timedelta()) -> None:
    watched.shop.clock.advance(span)
    pings.send_due(watched.shop.outside)


def test_each_run_is_told_from_start_to_end(watched: Watched, pinger: Recording) -> None:
    alerts.save(watched.shop.outside, watched.shop.business, "", URL, digest=True)
    watched.shop.sync()
    watched.sale()
    watched.revoke()
    watched.shop.sync()
    assert pinger.asked == [], "a sync never waits for it"
    send(watched)
    assert pinger.asked == [(URL, "start"), (URL, "success"), (URL, "start"), (URL, "fail")]
    send(watched, MINUTE)
    assert len(pinger.asked) == 4


def test_switch_that_is_down_gets_five_tries_and_nothing_overtakes(watched: Watched, pinger: Recording) -> None:
    alerts.save(watched.shop.outside, watched.shop.business, "", URL, digest=True)
    watched.shop.sync()
    pinger.error = Temporary("away")
    for _try in range(5):
        send(watched, 3 * MINUTE)
    assert [kind for _url, kind in pinger.asked] == ["start"] * 5 + ["success"], "given up, then the next"
    pinger.error = None
    send(watched, MINUTE)
    assert [kind for _url, kind in pinger.asked][-1] == "success"


def test_old_news_is_not_told(watched: Watched, pinger: Recording) -> None:
    alerts.save(watched.shop.outside, watched.shop.business, "", URL, digest=True)
    watched.shop.sync()
    send(watched, timedelta(hours=1))
    assert pinger.asked == []


def test_without_an_address_nobody_is_called(watched: Watched, pinger: Recording) -> None:
    watched.shop.sync()
    alerts.save(watched.shop.outside, watched.shop.business, "", URL, digest=True)
    alerts.forget_ping(watched.shop.business)
    watched.shop.sync()
    send(watched)
    assert pinger.asked == []


def test_address_is_checked_kept_when_left_empty_and_shown_by_its_end(watched: Watched, pinger: Recording) -> None:
    outside, business = watched.shop.outside, watched.shop.business
    with pytest.raises(Refusal) as refused:
        alerts.save(outside, business, "", "http://10.0.0.1/", digest=True)
    assert "ping_url" in refused.value.problems
    alerts.save(outside, business, "", URL, digest=True)
    alerts.save(outside, business, "", "", digest=False)
    assert alerts.view(outside, business).ping_ends == "5f0c"
