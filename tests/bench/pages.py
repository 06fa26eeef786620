"""How long a person waits for a page while a sync runs, with a hundred thousand records behind it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import requests

from app import wiring
from app.services.business import businesses
from app.services.people import people
from tests.bench.archive import fill
from tests.bench.figure import Figure, percentile
from tests.bench.stage import Stage, stage
from tests.conftest import PASSWORD

CHARGES = 600
"""Sales of the sync that runs meanwhile: without pacing, so that it works all the time, as no real one does."""

PAGES = {
    "status": "",
    "records": "records",
    "records of a fate": "records?fate=excluded",
    "records that need somebody": "records?fate=held",
    "records of a week by channel": "records?channel=online_store&first=2026-11-01&last=2026-11-07",
    "search by order": "records?q=00012",
    "search by amount": "records?q=45.90",
    "documents": "documents",
    "documents that need somebody": "documents?fate=held",
    "month": "months",
    "runs": "runs",
    "alerts": "alerts",
}
FEWEST = 10


def measure() -> Iterator[Figure]:
    """The 95th percentile of each page, measured by turns until the sync ends."""
    with stage() as made:
        made.trade(20)
        run = made.request()
        with made.serving():
            made.await_end(run)
            fill(made.business)
            records = made.records()
            person = _signed_in(made)
            slug = businesses.every()[0].slug
            taken = _while_syncing(made, person, f"{made.config.public_url}/b/{slug}/")
    for name, seconds in taken.items():
        yield Figure(
            name=f"page p95 while a sync runs: {name}",
            measured=percentile(seconds, 0.95) * 1_000,
            bound=150,
            unit="ms",
            how=f"{len(seconds)} requests over HTTP to gunicorn, signed in, {records:,} records; median "
            f"{percentile(seconds, 0.5) * 1_000:.0f} ms",
        )


def _while_syncing(made: Stage, person: requests.Session, address: str) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in PAGES}
    made.trade(CHARGES)
    run = made.request("daily")
    while not made.run(run).counts and made.run(run).total == 0 and made.run(run).live:
        time.sleep(0.05)  # until it posts: reading and planning are short
    while made.run(run).live:
        for name, path in PAGES.items():
            began = time.perf_counter()
            answer = person.get(address + path, timeout=30)
            taken[name].append(time.perf_counter() - began)
            if answer.status_code != 200 or "Sign in" in answer.text:
                raise RuntimeError(f"{path or 'the status page'} answered {answer.status_code}")
    view = made.run(run)
    if view.counts["new"] != CHARGES or len(taken["status"]) < FEWEST:
        raise RuntimeError(f"the sync was no measure: {view.counts}, {len(taken['status'])} rounds")
    return taken


def _signed_in(made: Stage) -> requests.Session:
    """A person's browser, entered by a one-time link."""
    outside = wiring.build(made.config)
    user = people.create_user(outside.clock, "reader@example.com", PASSWORD, "owner", "")
    link = made.config.public_url + people.create_sign_in_link(outside.clock, user.id)
    browser = requests.Session()
    browser.trust_env = False
    token = re.search(r'name="csrf_token"\s+value="([^"]+)"', browser.get(link, timeout=10).text)
    answer = browser.post(link, data={"csrf_token": token[1] if token else ""}, timeout=10)
    if answer.status_code != 200 or answer.url == link:
        raise RuntimeError(f"the sign-in link answered {answer.status_code}")
    return browser
