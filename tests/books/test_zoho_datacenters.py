"""The table of data centres is the only source of addresses."""

from __future__ import annotations

import pytest

from app.books.zoho.datacenters import by_accounts_server, by_api_domain, datacenter, datacenters


def test_canada_has_its_odd_hosts() -> None:
    canada = datacenter("ca")
    assert canada.accounts_url == "https://accounts.zohocloud.ca"
    assert canada.api_url == "https://www.zohoapis.ca/books/v3"
    assert canada.web_url == "https://books.zohocloud.ca"


def test_codes_and_hosts_are_all_different() -> None:
    table = datacenters("http://127.0.0.1:5")
    for field in ("code", "label", "accounts_url", "api_url", "web_url"):
        assert len({getattr(one, field) for one in table}) == len(table) == 11


def test_simulator_stands_behind_its_prefixes_only_when_given() -> None:
    simulator = datacenter("simulator", "http://127.0.0.1:5/")
    assert simulator.accounts_url == "http://127.0.0.1:5/accounts"
    assert simulator.api_url == "http://127.0.0.1:5/zohoapis/books/v3"
    assert simulator.web_url == "http://127.0.0.1:5/books"
    assert simulator.accepts_api_domain("http://127.0.0.1:5/zohoapis")
    with pytest.raises(KeyError):
        datacenter("simulator")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://accounts.zoho.in", "in"),
        ("https://accounts.zoho.in/", "in"),
        ("https://ACCOUNTS.zoho.IN", "in"),
        ("http://127.0.0.1:5/accounts", "simulator"),
        ("http://accounts.zoho.in", None),
        ("https://accounts.zoho.in.evil.example", None),
        ("https://evil.example/https://accounts.zoho.in", None),
        ("https://accounts.zoho.in@evil.example", None),
        ("accounts.zoho.in", None),
        ("", None),
    ],
)
def test_callback_can_only_name_hosts_of_the_table(url: str, code: str | None) -> None:
    found = by_accounts_server(url, "http://127.0.0.1:5")
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("api_domain", "code"),
    [
        ("https://www.zohoapis.eu", "eu"),
        ("https://api.zoho.eu", "eu"),
        ("https://www.zohoapis.com", "us"),
        ("https://www.zohoapis.com.evil.example", None),
        ("https://[broken", None),
    ],
)
def test_api_domain_is_looked_up_by_its_host(api_domain: str, code: str | None) -> None:
    found = by_api_domain(api_domain)
    assert (found.code if found else None) == code
