"""HitPay as a provider: which pages it asks for, and what it makes of bad answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from app.clock import ManualClock
from app.http_client import HttpClient
from app.ports import NotConnected, OutsideError, Refused, Temporary
from app.providers.hitpay.environments import PRODUCTION, SANDBOX, environment, environments
from app.providers.hitpay.provider import HitPay

Make = Callable[..., dict[str, object]]
CHARGES = "https://api.sandbox.hit-pay.com/v1/charges"
FIRST, LAST = date(2026, 10, 30), date(2026, 10, 31)


def query(wire: responses.RequestsMock, number: int) -> dict[str, list[str]]:
    """The query of the `number`th call, counted from 0."""
    address = urlsplit(wire.calls[number].request.url or "")
    assert address.netloc == "api.sandbox.hit-pay.com"
    return parse_qs(address.query)


def page(rows: list[object], cursor: object = None) -> dict[str, object]:
    return {
        "data": rows,
        "links": {"next": "https://evil.example/v1/charges?apiKey=1" if cursor else None},
        "meta": {"path": CHARGES, "per_page": 50, "next_cursor": cursor, "prev_cursor": None},
    }


def test_list_is_read_to_its_last_page_by_cursor_with_the_same_filters(
    hitpay: HitPay, wire: responses.RequestsMock, row: Make
) -> None:
    wire.add(responses.GET, CHARGES, json=page([row(id="a"), row(id="b")], cursor="next=="))
    wire.add(responses.GET, CHARGES, json=page([row(id="c")]))
    assert [charge.id for charge in hitpay.charges(FIRST, LAST)] == ["a", "b", "c"]
    filters = {
        "date_from": ["2026-10-30"],
        "date_to": ["2026-10-31"],
        "per_page": ["50"],
        "statuses[]": ["partially_refunded", "refunded", "succeeded", "succeeded_manually", "void"],
    }
    assert query(wire, 0) == filters
    assert query(wire, 1) == {**filters, "cursor": ["next=="]}
    assert wire.calls[0].request.headers["X-BUSINESS-API-KEY"] == "test_canary-key-77"
    assert wire.calls[0].request.headers["X-Requested-With"] == "XMLHttpRequest"


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_a_list_up_to_today_or_beyond_names_no_last_day(
    hitpay: HitPay, wire: responses.RequestsMock, clock: ManualClock, ahead: int
) -> None:
    wire.add(responses.GET, CHARGES, json=page([]))
    today = clock.now().date()
    assert list(hitpay.charges(today, today + timedelta(days=ahead))) == []
    assert "date_to" not in query(wire, 0)
    assert query(wire, 0)["date_from"] == ["2026-11-02"]


def test_first_day_is_never_tomorrow(hitpay: HitPay, wire: responses.RequestsMock, clock: ManualClock) -> None:
    clock.move_to(datetime(2026, 11, 2, 23, tzinfo=UTC))
    wire.add(responses.GET, CHARGES, json=page([]))
    assert list(hitpay.charges(date(2026, 11, 3), date(2026, 11, 3))) == []
    assert query(wire, 0)["date_from"] == ["2026-11-02"]


def test_repeated_cursor_ends_as_temporary(hitpay: HitPay, wire: responses.RequestsMock, row: Make) -> None:
    wire.add(responses.GET, CHARGES, json=page([row()], cursor="same"))
    with pytest.raises(Temporary, match="circles"):
        list(hitpay.charges(FIRST, LAST))
    assert len(wire.calls) == 2


def test_one_broken_charge_does_not_hide_the_others(hitpay: HitPay, wire: responses.RequestsMock, row: Make) -> None:
    wire.add(responses.GET, CHARGES, json=page([row(id="bad", status="odd"), row(id="good")], cursor="2"))
    wire.add(responses.GET, CHARGES, json=page([row(id="worse", amount=None), row(id="fine")]))
    found = []
    with pytest.raises(Refused, match=r"charge bad .* And 1 more") as caught:  # noqa: PT012 - it yields, then raises
        for charge in hitpay.charges(FIRST, LAST):
            found.append(charge.id)
    assert found == ["good", "fine"]
    assert caught.value.cause == "unreadable"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"body": ""}, id="empty"),
        pytest.param({"body": "<html>"}, id="html"),
        pytest.param({"body": '{"data": ['}, id="cut"),
        pytest.param({"json": []}, id="list at the top"),
        pytest.param({"json": {"message": "ok"}}, id="no data"),
        pytest.param({"json": {"data": None, "meta": {"next_cursor": None}}}, id="null data"),
        pytest.param({"json": {"data": {"0": {}}, "meta": {"next_cursor": None}}}, id="data is an object"),
        pytest.param({"json": {"data": []}}, id="no meta"),
        pytest.param({"json": {"data": [], "meta": {}}}, id="no cursor"),
        pytest.param({"json": {"data": [], "meta": {"next_cursor": 7}}}, id="cursor is a number"),
        pytest.param({"json": {"data": [None], "meta": {"next_cursor": None}}}, id="null row"),
        pytest.param({"json": {"data": [{}], "meta": {"next_cursor": None}}}, id="empty row"),
        pytest.param({"status": 302, "headers": {"Location": "https://evil.example"}}, id="redirect"),
        pytest.param({"status": 500, "json": {"message": "Server Error"}}, id="server error"),
        pytest.param({"status": 422, "json": {"message": "Wrong", "errors": {"date_to": ["x"]}}}, id="refused filter"),
    ],
)
def test_malformed_list_is_an_error_and_never_an_empty_list(
    hitpay: HitPay, wire: responses.RequestsMock, answer: dict[str, object]
) -> None:
    wire.add(responses.GET, CHARGES, **answer)  # type: ignore[arg-type]
    with pytest.raises((Refused, Temporary)):
        list(hitpay.charges(FIRST, LAST))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"body": ""}, id="empty"),
        pytest.param({"body": "null"}, id="null"),
        pytest.param({"body": "<html>"}, id="html"),
        pytest.param({"json": [1]}, id="a list"),
        pytest.param({"json": {}}, id="an empty object"),
        pytest.param({"json": {"data": {}}}, id="empty data"),
        pytest.param({"json": {"message": "ok"}}, id="only a message"),
        pytest.param({"json": {"id": "c1", "status": "succeeded"}}, id="no amount"),
        pytest.param({"status": 503, "body": ""}, id="unavailable"),
    ],
)
def test_malformed_detail_is_an_error(hitpay: HitPay, wire: responses.RequestsMock, answer: dict[str, object]) -> None:
    wire.add(responses.GET, f"{CHARGES}/c1", **answer)  # type: ignore[arg-type]
    with pytest.raises((Refused, Temporary)):
        hitpay.charge("c1")


def test_detail_of_another_charge_is_not_taken(hitpay: HitPay, wire: responses.RequestsMock, row: Make) -> None:
    wire.add(responses.GET, f"{CHARGES}/c1", json=row(id="c2"))
    with pytest.raises(Refused, match="another") as caught:
        hitpay.charge("c1")
    assert caught.value.cause == "unreadable"


def test_one_charge_is_read_as_it_is_now(hitpay: HitPay, wire: responses.RequestsMock, row: Make) -> None:
    wire.add(responses.GET, f"{CHARGES}/c1", json=row(id="c1", status="refunded", is_captured=True))
    assert hitpay.charge("c1").status == "refunded"


@pytest.mark.parametrize("status", [404, 422])
def test_charge_that_is_not_there_is_missing(hitpay: HitPay, wire: responses.RequestsMock, status: int) -> None:
    words = "No query results for model [App\\Business\\Charge] c1"
    wire.add(responses.GET, f"{CHARGES}/c1", status=status, json={"message": words})
    with pytest.raises(Refused) as caught:
        hitpay.charge("c1")
    assert (caught.value.cause, caught.value.detail) == ("missing", words)


def test_charge_id_cannot_leave_its_place_in_the_address(hitpay: HitPay, wire: responses.RequestsMock) -> None:
    wire.add(responses.GET, f"{CHARGES}/..%2Faccount-status%3Fa%3D1", status=404, json={})
    with pytest.raises(Refused):
        hitpay.charge("../account-status?a=1")
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 401, "json": {"message": "Unauthenticated."}}, NotConnected),
        ({"status": 401, "body": "<html>no"}, NotConnected),
        ({"status": 403, "json": {"message": "Forbidden"}}, Refused),
        ({"status": 429, "json": {"message": "Too Many Attempts."}}, Temporary),
        ({"status": 502, "body": ""}, Temporary),
    ],
    ids=["401", "401 html", "403", "429", "502"],
)
def test_ping_tells_what_is_wrong(
    hitpay: HitPay, wire: responses.RequestsMock, answer: dict[str, object], error: type[OutsideError]
) -> None:
    wire.add(responses.GET, "https://api.sandbox.hit-pay.com/v1/account-status", **answer)  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        hitpay.ping()
    assert "canary" not in f"{caught.value} {caught.value.detail}"


def test_ping_returns_when_the_key_works(hitpay: HitPay, wire: responses.RequestsMock) -> None:
    url = "https://api.sandbox.hit-pay.com/v1/account-status"
    wire.add(responses.GET, url, json={"bank_account_status": "completed"})
    hitpay.ping()
    assert len(wire.calls) == 1


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "kéy", "a\r\nX: y"])
def test_key_that_cannot_be_a_key_is_never_sent(clock: ManualClock, key: str) -> None:
    with pytest.raises(NotConnected):
        HitPay(HttpClient(clock, in_transaction=lambda: False), clock, SANDBOX, key)


def test_simulator_is_offered_only_with_its_address() -> None:
    assert environments() == (PRODUCTION, SANDBOX)
    assert environment("simulator", "http://127.0.0.1:9/").base_url == "http://127.0.0.1:9/hitpay"
    with pytest.raises(KeyError):
        environment("simulator")
