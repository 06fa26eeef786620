"""Zoho's data centres, as data. Every account lives in one; accounts, API and web host must belong together.

Sources: Zoho Books v3 introduction and Zoho accounts multi-DC page; the hosts of the UK and the UAE and some web
hosts are taken from other Zoho products.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec


class Datacenter(msgspec.Struct, frozen=True, kw_only=True):
    """One data centre. Addresses without a trailing slash; `hint` is what the address bar of Zoho Books shows.

    `api_domains` are what a token answer may name as `api_domain`; empty means that any name is taken.
    """

    code: str
    label: str
    accounts_url: str
    api_url: str
    web_url: str
    hint: str
    api_domains: tuple[str, ...] = ()

    def accepts_api_domain(self, api_domain: str) -> bool:
        """Whether a token answer's `api_domain` belongs here. It is only ever compared, never called."""
        return not self.api_domains or _host(api_domain) in self.api_domains


def _official(code: str, label: str, accounts: str, api_tld: str, web: str) -> Datacenter:
    return Datacenter(
        code=code,
        label=label,
        accounts_url=f"https://{accounts}",
        api_url=f"https://www.zohoapis.{api_tld}/books/v3",
        web_url=f"https://{web}",
        hint=web,
        # Zoho's own sample answer names api.zoho.eu where live ones name www.zohoapis.eu.
        api_domains=(f"www.zohoapis.{api_tld}", f"api.zoho.{api_tld}"),
    )


OFFICIAL = (
    _official("us", "United States", "accounts.zoho.com", "com", "books.zoho.com"),
    _official("eu", "Europe", "accounts.zoho.eu", "eu", "books.zoho.eu"),
    _official("in", "India", "accounts.zoho.in", "in", "books.zoho.in"),
    _official("au", "Australia", "accounts.zoho.com.au", "com.au", "books.zoho.com.au"),
    _official("jp", "Japan", "accounts.zoho.jp", "jp", "books.zoho.jp"),
    _official("ca", "Canada", "accounts.zohocloud.ca", "ca", "books.zohocloud.ca"),
    _official("sa", "Saudi Arabia", "accounts.zoho.sa", "sa", "books.zoho.sa"),
    _official("cn", "China", "accounts.zoho.com.cn", "com.cn", "books.zoho.com.cn"),
    _official("uk", "United Kingdom", "accounts.zoho.uk", "uk", "books.zoho.uk"),
    _official("ae", "United Arab Emirates", "accounts.zoho.ae", "ae", "books.zoho.ae"),
)
"""The United States first: accounts of countries without a data centre of their own, Singapore too, live there."""


def datacenters(simulator_url: str | None = None) -> tuple[Datacenter, ...]:
    """Every data centre a person may choose; the simulator's only when its address is given, and then first."""
    if not simulator_url:
        return OFFICIAL
    base = simulator_url.rstrip("/")
    simulator = Datacenter(
        code="simulator",
        label="Simulator",
        accounts_url=f"{base}/accounts",
        api_url=f"{base}/zohoapis/books/v3",
        web_url=f"{base}/books",
        hint=f"{base}/books",
    )
    return (simulator, *OFFICIAL)


def datacenter(code: str, simulator_url: str | None = None) -> Datacenter:
    """The data centre of this code; KeyError for an unknown one."""
    return {one.code: one for one in datacenters(simulator_url)}[code]


def by_accounts_server(url: str, simulator_url: str | None = None) -> Datacenter | None:
    """The data centre whose accounts host a callback names, or None: what isn't in the table is never called."""
    wanted = url.strip().rstrip("/").lower()
    found = (one for one in datacenters(simulator_url) if one.accounts_url.lower() == wanted)
    return next(found, None)


def by_api_domain(api_domain: str) -> Datacenter | None:
    """The official data centre that an `api_domain` belongs to, for a sentence that names it."""
    return next((one for one in OFFICIAL if one.accepts_api_domain(api_domain)), None)


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "").lower()
    except ValueError:
        return ""
