"""Pings: which addresses may be called, that nothing is followed, and what each answer means."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.pinging.addresses import is_public, why_not
from app.pinging.pinger import HttpPinger
from app.ports import Refused, Temporary


class Switch(HTTPServer):
    """A dead man's switch on loopback; it answers `status`."""

    status = 200
    location = ""
    asked: list[str]


class Answering(BaseHTTPRequestHandler):
    server: Switch

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def switch() -> Iterator[Switch]:
    server = Switch(("127.0.0.1", 0), Answering)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def pinger(*addresses: str, allow_private: bool = False) -> HttpPinger:
    """A pinger for which every name means `addresses`."""
    return HttpPinger(
        allow_private=allow_private, in_transaction=lambda: False, resolve_with=lambda _host, _port: list(addresses)
    )


@pytest.fixture
def url(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("app.pinging.addresses.PORTS", {switch.server_port, 80, 443})
    return f"http://switch.example.com:{switch.server_port}/ping/uuid"


@pytest.mark.parametrize(
    ("kind", "path"), [("start", "/ping/uuid/start"), ("success", "/ping/uuid"), ("fail", "/ping/uuid/fail")]
)
def test_each_kind_has_its_path_as_healthchecks_wants_it(switch: Switch, url: str, kind: str, path: str) -> None:
    pinger("127.0.0.1", allow_private=True).ping(url, kind)
    assert switch.asked == [path]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254",
     str(ipaddress.IPv4Address(0)), "100.64.0.1", "224.0.0.1",
     "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
     "2002:7f00:1::", "ff02::1", "not an address"],
)  # fmt: skip
def test_private_address_is_refused_before_anything_is_sent(switch: Switch, url: str, address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Refused, match="private network"):
        pinger(address).ping(url, "success")
    with pytest.raises(Refused, match="private network"):
        pinger("93.184.215.14", address).ping(url, "success")
    assert switch.asked == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_address_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]"])
def test_disguised_loopback_is_refused(host: str) -> None:
    real = HttpPinger(allow_private=False, in_transaction=lambda: False)
    with pytest.raises(Refused, match="private network"):
        real.ping(f"http://{host}:8080/", "success")


def test_name_is_resolved_once_so_it_cannot_change_between_check_and_call(switch: Switch, url: str) -> None:
    told = [["127.0.0.1"], ["10.0.0.1"]]
    turning = HttpPinger(allow_private=True, in_transaction=lambda: False, resolve_with=lambda *_: told.pop(0))
    turning.ping(url, "success")
    assert (len(switch.asked), len(told)) == (1, 1)


def test_redirect_is_not_followed(switch: Switch, url: str) -> None:
    switch.status, switch.location = 302, "http://127.0.0.1:80/inside"
    with pytest.raises(Refused, match="HTTP 302"):
        pinger("127.0.0.1", allow_private=True).ping(url, "success")
    assert len(switch.asked) == 1


@pytest.mark.parametrize(("status", "error"), [(500, Temporary), (429, Temporary), (404, Refused), (204, None)])
def test_status_says_later_or_never(switch: Switch, url: str, status: int, error: type[Exception] | None) -> None:
    switch.status = status
    if error is None:
        pinger("127.0.0.1", allow_private=True).ping(url, "success")
        return
    with pytest.raises(error, match=f"HTTP {status}"):
        pinger("127.0.0.1", allow_private=True).ping(url, "success")


@pytest.mark.parametrize(
    "given",
    ["hc-ping.com/x", "ftp://hc-ping.com/", "https://", "https://user:pass@hc-ping.com/", "https://hc-ping.com:22/",
     "https://hc-ping.com/#x", "https://hc-ping.com/a b", "https://hc-ping.com/\r\nHost: x", "https://hc-ping.com:x/",
     "file:///etc/passwd", "https://hc-ping.com/" + "x" * 500],
)  # fmt: skip
def test_what_is_no_ping_address_is_refused_with_a_sentence(given: str) -> None:
    assert why_not(given)
    assert HttpPinger(allow_private=True, in_transaction=lambda: False).check(given) == why_not(given)


def test_address_in_a_private_network_can_t_be_stored() -> None:
    assert "private network" in pinger("192.168.1.5").check("https://nas.example.com/ping")
    assert pinger("192.168.1.5", allow_private=True).check("https://nas.example.com/ping") == ""
    assert pinger("93.184.215.14").check("https://hc-ping.com/uuid") == ""


def test_unknown_name_may_be_known_later(url: str) -> None:
    with pytest.raises(Temporary, match="isn't known"):
        pinger().ping(url, "success")
