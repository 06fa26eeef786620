"""HitPay's environments, as data: where each one's API and dashboard live (HitPay OpenAPI, servers)."""

from __future__ import annotations

import msgspec


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """One separate world of HitPay accounts. Addresses without a trailing slash.

    `plain_webhooks`: whether it delivers to plain http too, as only one on this machine itself does.
    """

    code: str
    label: str
    base_url: str
    dashboard_url: str
    plain_webhooks: bool = False


PRODUCTION = Environment(
    code="production",
    label="Production",
    base_url="https://api.hit-pay.com",
    dashboard_url="https://dashboard.hit-pay.com",
)
SANDBOX = Environment(
    code="sandbox",
    label="Sandbox",
    base_url="https://api.sandbox.hit-pay.com",
    dashboard_url="https://dashboard.sandbox.hit-pay.com",
)


def environments(simulator_url: str | None = None) -> tuple[Environment, ...]:
    """Every environment a person may choose; the simulator's only when its address is given, and then first."""
    if not simulator_url:
        return (PRODUCTION, SANDBOX)
    base_url = f"{simulator_url.rstrip('/')}/hitpay"
    simulator = Environment(
        code="simulator", label="Simulator", base_url=base_url, dashboard_url=base_url, plain_webhooks=True
    )
    return (simulator, PRODUCTION, SANDBOX)


def environment(code: str, simulator_url: str | None = None) -> Environment:
    """The environment of this code; KeyError for an unknown one."""
    return {one.code: one for one in environments(simulator_url)}[code]
