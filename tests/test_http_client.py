"""The HTTP client: outcome classes, retries of reads only, pacing and the transaction guard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import requests
import responses

from app.clock import ManualClock
from app.http_client import Call, HttpClient, ProgrammingError
from app.ports import InDoubt, Temporary

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
URL = "https://books.example/v3/invoices"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def client(clock: ManualClock) -> HttpClient:
    return HttpClient(clock, in_transaction=lambda: False, calls_per_minute=0)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def call(url: str = URL, **changes: object) -> Call:
    return Call(service="Zoho Books", url=url, **changes)  # type: ignore[arg-type]


# --- what a write may come to -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"status": 500, "json": {"code": 1000, "message": "Internal error"}}, id="internal-error"),
        pytest.param({"status": 502, "body": "<html>Bad gateway</html>"}, id="bad-gateway"),
        pytest.param({"status": 503, "body": ""}, id="unavailable"),
        pytest.param({"status": 504, "body": "x"}, id="gateway-timeout"),
        pytest.param({"status": 408, "json": {"message": "timeout"}}, id="request-timeout"),
        pytest.param({"status": 200, "body": ""}, id="empty"),
        pytest.param({"status": 200, "body": "<html>Maintenance</html>"}, id="html"),
        pytest.param({"status": 201, "body": '{"code":0,"invoice":{"invoice_id":"1"'}, id="cut-json"),
        pytest.param({"status": 201, "body": '"done"'}, id="json-text"),
        pytest.param({"status": 201, "body": '{"code": NaN}'}, id="not-a-number"),
        pytest.param({"status": 201, "body": b"\xff\xfe{}"}, id="not-utf8"),
        pytest.param({"status": 201, "body": "[" * 100_000}, id="too-deep"),
        pytest.param({"status": 302, "headers": {"Location": "https://evil.example/"}}, id="redirect"),
        pytest.param({"body": requests.ReadTimeout("slow")}, id="read-timeout"),
        pytest.param({"body": requests.ConnectionError("('Connection aborted.', reset)")}, id="reset"),
        pytest.param({"body": requests.exceptions.ChunkedEncodingError("broke")}, id="broken-chunk"),
        pytest.param({"body": requests.exceptions.SSLError("read failed")}, id="tls-after-the-handshake"),
    ],
)
def test_write_that_may_have_been_done_is_in_doubt_and_sent_once(
    client: HttpClient, wire: responses.RequestsMock, answer: dict[str, object]
) -> None:
    wire.add(responses.POST, URL, **answer)  # type: ignore[arg-type]
    with pytest.raises(InDoubt) as caught:
        client.write(call(body={"total": 1}))
    assert len(wire.calls) == 1
    assert str(caught.value).startswith("Zoho Books ")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(requests.ConnectTimeout("slow to connect"), id="connect-timeout"),
        pytest.param(
            requests.ConnectionError(requests.packages.urllib3.exceptions.NewConnectionError(None, "no route")),  # type: ignore[attr-defined]
            id="no-route",
        ),
    ],
)
def test_write_that_never_left_is_temporary(client: HttpClient, wire: responses.RequestsMock, error: Exception) -> None:
    wire.add(responses.POST, URL, body=error)
    with pytest.raises(Temporary, match="could not be reached"):
        client.write(call(body={}))
    assert len(wire.calls) == 1


def test_write_told_to_slow_down_is_temporary_with_the_wait(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, URL, status=429, json={"message": "Slow down"}, headers={"Retry-After": "17"})
    with pytest.raises(Temporary) as caught:
        client.write(call(body={}))
    assert (caught.value.retry_after, caught.value.detail) == (17.0, "Slow down")


def test_refusal_of_a_write_is_left_to_the_adapter(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, URL, status=400, json={"code": 1001, "message": "Invoice Number already exist"})
    answer = client.write(call(body={}))
    assert (answer.status, answer.fields["code"], answer.words) == (400, 1001, "Invoice Number already exist")


# --- reads ------------------------------------------------------------------------------------------------------


def test_read_is_repeated_until_the_trouble_passes(
    client: HttpClient, wire: responses.RequestsMock, clock: ManualClock
) -> None:
    wire.add(responses.GET, URL, body=requests.ConnectionError("reset"))
    wire.add(responses.GET, URL, status=502, body="<html>")
    wire.add(responses.GET, URL, json={"code": 0})
    assert client.read(call()).fields == {"code": 0}
    assert len(wire.calls) == 3
    assert 2.0 < clock.monotonic() < 4.0


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "json": {"message": "Internal error"}},
        {"status": 200, "body": "<html>Maintenance</html>"},
        {"body": requests.ReadTimeout("slow")},
        {"body": requests.ConnectTimeout("slow")},
    ],
    ids=["internal-error", "html", "read-timeout", "connect-timeout"],
)
def test_read_gives_up_as_temporary(
    client: HttpClient, wire: responses.RequestsMock, answer: dict[str, object]
) -> None:
    wire.add(responses.GET, URL, **answer)  # type: ignore[arg-type]
    with pytest.raises(Temporary):
        client.read(call())
    assert len(wire.calls) == 4


def test_read_waits_for_a_short_retry_after(
    client: HttpClient, wire: responses.RequestsMock, clock: ManualClock
) -> None:
    wire.add(responses.GET, URL, status=429, json={}, headers={"Retry-After": "12"})
    wire.add(responses.GET, URL, json={"code": 0})
    assert client.read(call()).ok
    assert clock.monotonic() == 12.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("600", 600.0),
        ("Mon, 02 Nov 2026 12:05:00 GMT", 300.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_read_does_not_sit_out_a_long_or_unreadable_retry_after(
    client: HttpClient, wire: responses.RequestsMock, clock: ManualClock, header: str, seconds: float | None
) -> None:
    wire.add(responses.GET, URL, status=429, json={"message": "Too many"}, headers={"Retry-After": header})
    with pytest.raises(Temporary) as caught:
        client.read(call())
    assert caught.value.retry_after == seconds
    assert clock.monotonic() == 0.0


def test_adapter_may_ask_to_see_a_429_itself(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.GET, URL, status=429, json={"code": 45})
    assert client.read(call(leave_429=True)).fields == {"code": 45}


def test_decimals_survive_in_both_directions(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, URL, body='{"code": 0, "total": 12345678901234.5678, "id": 982000000567114}')
    answer = client.write(call(body={"rate": Decimal("0.10"), "date": "2026-11-02"}))
    assert answer.fields["total"] == Decimal("12345678901234.5678")
    assert answer.fields["id"] == 982000000567114
    assert wire.calls[0].request.body == b'{"rate":0.10,"date":"2026-11-02"}'


def test_redirects_are_not_followed(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.GET, URL, status=302, headers={"Location": "https://evil.example/"})
    assert client.read(call()).status == 302
    assert len(wire.calls) == 1


# --- pacing and counting -----------------------------------------------------------------------------------------


def test_calls_of_one_key_are_spread_over_minutes(wire: responses.RequestsMock, clock: ManualClock) -> None:
    wire.add(responses.GET, URL, json={})
    client = HttpClient(clock, in_transaction=lambda: False, calls_per_minute=3)
    moments = []
    for _ in range(7):
        client.read(call(key="org-1"))
        moments.append(clock.monotonic())
    assert moments[:3] == [0.0, 0.0, 0.0]
    assert moments[3:6] == pytest.approx([60.0, 60.0, 60.0], abs=0.01)
    assert moments[6] == pytest.approx(120.0, abs=0.02)


def test_keys_do_not_slow_each_other_and_no_key_is_not_paced(wire: responses.RequestsMock, clock: ManualClock) -> None:
    wire.add(responses.GET, URL, json={})
    client = HttpClient(clock, in_transaction=lambda: False, calls_per_minute=1)
    for key in ("org-1", "org-2", "", "", "org-3"):
        client.read(call(key=key))
    assert clock.monotonic() == 0.0


def test_turn_that_was_waited_for_sends_the_next_call_at_once(wire: responses.RequestsMock, clock: ManualClock) -> None:
    wire.add(responses.POST, URL, json={})
    client = HttpClient(clock, in_transaction=lambda: False, calls_per_minute=1)
    client.write(call(key="org-1", body={}))
    client.await_turn("org-1")
    client.await_turn("org-1")
    waited = clock.monotonic()
    client.write(call(key="org-1", body={}))
    assert waited == clock.monotonic() == pytest.approx(60.0, abs=0.01)
    client.write(call(key="org-1", body={}))
    assert clock.monotonic() == pytest.approx(120.0, abs=0.02)


def test_every_attempt_is_counted_by_its_key(wire: responses.RequestsMock, clock: ManualClock) -> None:
    counted: list[str] = []
    client = HttpClient(clock, in_transaction=lambda: False, calls_per_minute=0, on_call=counted.append)
    wire.add(responses.GET, URL, status=503, body="")
    wire.add(responses.GET, URL, json={})
    wire.add(responses.POST, URL, json={})
    client.read(call(key="org-1"))
    client.write(call(key="org-2", body={}))
    assert counted == ["org-1", "org-1", "org-2"]


# --- guards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["read", "write"])
def test_no_call_leaves_while_a_transaction_is_open(
    wire: responses.RequestsMock, clock: ManualClock, method: str
) -> None:
    client = HttpClient(clock, in_transaction=lambda: True)
    with pytest.raises(ProgrammingError):
        getattr(client, method)(call())
    assert len(wire.calls) == 0


def test_vendor_words_are_cut(client: HttpClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, URL, status=400, json={"message": "word " * 1000})
    assert len(client.write(call()).words) == 500


def test_cookies_and_netrc_are_left_alone(
    client: HttpClient, wire: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:  # noqa: PTH123 - the environment variable wants a plain path
        file.write("machine books.example login somebody password else\n")
    monkeypatch.setenv("NETRC", netrc)
    wire.add(responses.GET, URL, json={}, headers={"Set-Cookie": "session=1; Path=/"})
    client.read(call(headers={"Authorization": "Zoho-oauthtoken abc"}))
    client.read(call(headers={"Authorization": "Zoho-oauthtoken abc"}))
    sent = wire.calls[1].request.headers
    assert sent["Authorization"] == "Zoho-oauthtoken abc"
    assert "Cookie" not in sent


def test_date_of_every_answer_is_told(wire: responses.RequestsMock, clock: ManualClock) -> None:
    told: list[str] = []
    client = HttpClient(clock, in_transaction=lambda: False, calls_per_minute=0, on_date=told.append)
    wire.get(URL, json={"code": 0}, headers={"Date": "Mon, 02 Nov 2026 12:00:05 GMT"})
    client.read(call())
    assert told == ["Mon, 02 Nov 2026 12:00:05 GMT"]
