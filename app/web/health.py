"""`/healthz` and `/metrics`, for machines: numbers only, no names and no secrets, and nothing outside is asked."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from app.services.showing import measures
from app.services.showing.measures import Measures
from app.web.guards import public
from app.web.outside import outside

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def show() -> Response:
    """200 as long as requests are answered; `ok` is false while an incident is open."""
    found = measures.measure(outside())
    return jsonify(
        ok=found.ok,
        last_success_age_seconds=found.last_success_age_seconds,
        oldest_unposted_charge_age=found.oldest_unposted_charge_age,
        parked=found.parked,
        unknown=found.unknown,
        outbox_failed=found.outbox_failed,
        incidents_open=found.incidents_open,
        mail_server_down=bool(found.mail_server_down),
    )


@pages.get("/metrics")
@public
def metrics() -> Response:
    """The same and some more, as Prometheus reads it."""
    return Response(generate_latest(_registry(measures.measure(outside()))), content_type=CONTENT_TYPE_PLAIN_0_0_4)


_SINGLE = {
    "last_success_age_seconds": "Seconds since the last sync that went through, of the business that waits longest",
    "oldest_unposted_charge_age": "Seconds since the oldest sale was made that isn't in the books",
    "parked": "Documents and records that need a person",
    "unknown": "Documents of which nobody knows yet whether they were written",
    "outbox_queued": "Mails that wait to be sent",
    "outbox_failed": "Mails that were given up",
    "incidents_open": "Open incidents",
    "mail_server_down": "1 while the mail server can't be used",
}
_FAMILIES = {
    "runs": ("outcome", "Ended syncs"),
    "effects": ("state", "Documents by state"),
    "sides": ("state", "Connections by health"),
}


def _registry(found: Measures) -> CollectorRegistry:
    """A registry for this answer only: every figure comes from the tables, so any process tells the same."""
    registry = CollectorRegistry()
    for name, said in _SINGLE.items():
        value = getattr(found, name)
        if value is not None:
            Gauge(f"tieout_{name}", said, registry=registry).set(value)
    for name, (label, said) in _FAMILIES.items():
        family = Gauge(f"tieout_{name}", said, [label], registry=registry)
        for one, number in getattr(found, name).items():
            family.labels(one).set(number)
    return registry
