"""A burst of webhooks over loopback against gunicorn as `make run` starts it, also with a kill in the middle."""

from __future__ import annotations

import hmac
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests
import sqlalchemy as sa

from app import wiring
from app.clock import FileClock, write_clock
from app.demo.processes import Process
from app.services.connections import webhooks
from app.store.db import read
from app.store.webhooks import Delivery
from tests.bench.figure import Figure, percentile
from tests.bench.stage import Stage, stage

A_SECOND, SECONDS = 50, 60
SALT = "salt-of-the-bench"
_RETRY_EVERY = 0.5
_GIVE_UP_AFTER = 60.0


@dataclass
class Sent:
    """What became of the deliveries: seconds of each first try, and how many needed more than one."""

    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    again: int = 0


def measure() -> Iterator[Figure]:
    """Each delivery is another one; its retries, as HitPay makes them, are the same bytes."""
    with stage() as made:
        write_clock(made.clock_file, FileClock(made.clock_file).now(), 1)
        webhooks.add_salt(made.business, SALT)
        view = webhooks.view(wiring.build(made.config), made.business)
        assert view is not None
        with made.serving():
            sent = _burst(view.address, "calm")
        how = (
            f"{len(sent.seconds)} deliveries, {A_SECOND} a second for {SECONDS} s, 2 KB each, the inbox at work beside"
        )
        refused = sum(1 for status in sent.statuses if not 200 <= status < 300)
        yield Figure(name="webhooks not answered 2xx", measured=refused, bound=0, how=how)
        yield Figure(
            name="webhook p99",
            measured=percentile(sent.seconds, 0.99) * 1_000,
            bound=500,
            unit="ms",
            how=f"median {percentile(sent.seconds, 0.5) * 1_000:.0f} ms, slowest {max(sent.seconds) * 1_000:.0f} ms",
        )
        yield Figure(name="webhooks lost", measured=len(sent.seconds) - _stored(), bound=0, how="sent minus stored")
        before = _stored()
        sent = _with_a_kill(made, view.address)
        lost = len(sent.seconds) - (_stored() - before)
        yield Figure(
            name="webhooks lost with kill -9 in the middle",
            measured=lost,
            bound=0,
            how=f"{len(sent.seconds)} deliveries, {sent.again} sent again until answered 2xx, as HitPay does",
        )


def _with_a_kill(made: Stage, address: str) -> Sent:
    pid_file = made.folder / "killed.pid"
    words = ("gunicorn", "--pid", str(pid_file), "wsgi:app")
    log = made.folder / "tieout.log"
    first = Process("Tieout", words, made.environment, log)
    first.await_answer(f"{made.config.public_url}/healthz")
    with ThreadPoolExecutor(1) as beside:
        burst = beside.submit(_burst, address, "killed")
        time.sleep(SECONDS / 2)
        os.killpg(int(pid_file.read_text()), signal.SIGKILL)  # it leads its own session
        pid_file.unlink()
        second = Process("Tieout", words, made.environment, log)
        try:
            return burst.result()
        finally:
            second.stop()


def _burst(address: str, name: str) -> Sent:
    """Send on the beat, whatever the answers take."""
    sent, began = Sent(), time.monotonic()
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))

    def deliver(number: int) -> None:
        body = b'{"id": "%s-%d", "remark": "%s"}' % (name.encode(), number, b"x" * 2_000)
        _deliver(session, address, body, sent)

    with ThreadPoolExecutor(64) as pool:
        for number in range(A_SECOND * SECONDS):
            time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
            pool.submit(deliver, number)
    session.close()
    return sent


def _deliver(session: requests.Session, address: str, body: bytes, sent: Sent) -> None:
    headers = {
        "Hitpay-Signature": hmac.new(SALT.encode(), body, "sha256").hexdigest(),
        "Hitpay-Event-Object": "order",
        "Hitpay-Event-Type": "created",
    }
    began = time.monotonic()
    for attempt in range(int(_GIVE_UP_AFTER / _RETRY_EVERY)):
        try:
            status = session.post(address, data=body, headers=headers, timeout=30).status_code
        except requests.RequestException:
            status = 0
        if attempt == 0:
            sent.seconds.append(time.monotonic() - began)
            sent.statuses.append(status)
        if 200 <= status < 300:
            sent.again += attempt > 0
            return
        time.sleep(_RETRY_EVERY)


def _stored() -> int:
    with read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Delivery)) or 0
