"""The Zoho client: token renewal, error codes, outcome of writes, paging."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from app.books.zoho.client import ZohoClient
from app.ports import InDoubt, NotConnected, OutsideError, Refused, Temporary

BASE = "https://www.zohoapis.eu/books/v3"
INVOICES = f"{BASE}/invoices"
CODE_57 = {"code": 57, "message": "You are not authorized to perform this operation"}


def query(wire: responses.RequestsMock, number: int) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(wire.calls[number].request.url)).query)


def test_call_carries_token_and_organization(client: ZohoClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.GET, INVOICES, json={"code": 0, "invoices": []})
    client.get("/invoices", {"status": "sent"})
    assert wire.calls[0].request.headers["Authorization"] == "Zoho-oauthtoken token-1"
    assert query(wire, 0) == {"organization_id": ["10229182"], "status": ["sent"]}


def test_list_of_organizations_names_none(client: ZohoClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.GET, f"{BASE}/organizations", json={"code": 0, "organizations": []})
    assert client.organizations() == []
    assert query(wire, 0) == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_refused_token_is_renewed_and_the_call_repeated_once(
    client: ZohoClient, wire: responses.RequestsMock, keeper: object, method: str
) -> None:
    verb = responses.GET if method == "get" else responses.POST
    wire.add(verb, INVOICES, status=401, json=CODE_57)
    wire.add(verb, INVOICES, json={"code": 0})
    getattr(client, method)("/invoices")
    assert [call.request.headers["Authorization"] for call in wire.calls] == [
        "Zoho-oauthtoken token-1",
        "Zoho-oauthtoken token-2",
    ]
    assert keeper.renewals == ["token-1"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["get", "post"])
def test_second_57_is_a_missing_permission(client: ZohoClient, wire: responses.RequestsMock, method: str) -> None:
    wire.add(responses.GET, INVOICES, status=401, json=CODE_57)
    wire.add(responses.POST, INVOICES, status=401, json=CODE_57)
    with pytest.raises(Refused) as caught:
        getattr(client, method)("/invoices")
    assert (caught.value.cause, caught.value.code) == ("missing_permission", "57")
    assert len(wire.calls) == 2


def test_code_14_means_connect_again(client: ZohoClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, INVOICES, status=401, json={"code": 14, "message": "could not be authenticated"})
    with pytest.raises(NotConnected):
        client.post("/invoices")
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("code", "seconds", "daily"),
    [(44, 60.0, False), (45, None, True), (1070, 2.0, False), (43, 60.0, False), (None, 60.0, False)],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_limits_are_temporary(
    client: ZohoClient, wire: responses.RequestsMock, method: str, code: int | None, seconds: float, daily: bool
) -> None:
    body = {"message": "exceeded"} if code is None else {"code": code, "message": "exceeded"}
    wire.add(responses.GET, INVOICES, status=429, json=body)
    wire.add(responses.POST, INVOICES, status=429, json=body)
    with pytest.raises(Temporary) as caught:
        getattr(client, method)("/invoices")
    assert (caught.value.retry_after, caught.value.daily) == (seconds, daily)
    assert len(wire.calls) == 1


def test_stated_wait_wins_over_the_assumed_one(client: ZohoClient, wire: responses.RequestsMock) -> None:
    wire.add(responses.POST, INVOICES, status=429, json={"code": 44}, headers={"Retry-After": "90"})
    with pytest.raises(Temporary) as caught:
        client.post("/invoices")
    assert caught.value.retry_after == 90.0


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (400, 2, "Invalid value passed for Payment Terms", "invalid_value"),
        (404, 5, "Invalid URL Passed", "invalid_request"),
        (400, 1001, "Invoice Number already exist", "exists"),
        (404, 1002, "Invoice does not exist.", "missing"),
        (404, "1002", "Invoice does not exist.", "missing"),
        (404, 99999, "Gone", "missing"),
        (400, 3062, 'The customer "Bowman" already exists.', "exists"),
        (400, 6041, "This user is not associated with the CompanyID", "organization"),
        (400, 9004, "Currency does not exist", "currency"),
        (400, 24016, "The amount entered is more than the balance due", "exceeds_balance"),
        (400, 103001, "Your trial of Zoho Books is over.", "trial_over"),
        (200, 1002, "Non-zero code with a good status", "missing"),
        (400, 77777, "Transactions are locked until 31 Oct 2026", "period_locked"),
        (400, 77777, "The account HitPay is inactive", "inactive"),
        (400, 77777, "Associate a tax or an exemption to each line", "tax"),
        (400, 77777, "Please upgrade to create more invoices", "plan_limit"),
        (400, 77777, "The invoice must be approved", "approval"),
        (400, 77777, "Something else", ""),
        (403, None, "Forbidden", ""),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_refusals_have_a_cause_and_keep_zohos_words(
    client: ZohoClient,
    wire: responses.RequestsMock,
    method: str,
    status: int,
    code: object,
    message: str,
    cause: str,
) -> None:
    for verb in (responses.GET, responses.POST):
        wire.add(verb, INVOICES, status=status, json={"code": code, "message": message})
    with pytest.raises(Refused) as caught:
        getattr(client, method)("/invoices")
    assert (caught.value.cause, caught.value.detail) == (cause, message)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"status": 500, "json": {"code": 1000, "message": "Internal error"}}, id="internal"),
        pytest.param({"status": 400, "json": {"code": 1000, "message": "Internal error"}}, id="internal as 400"),
        pytest.param({"status": 502, "body": "<html>"}, id="gateway"),
        pytest.param({"json": {"message": "done"}}, id="no code"),
        pytest.param({"json": {"code": None}}, id="null code"),
        pytest.param({"json": {"code": True}}, id="bool code"),
        pytest.param({"json": [0]}, id="list"),
        pytest.param({"body": ""}, id="empty"),
        pytest.param({"status": 400, "json": {"code": 0, "message": "?"}}, id="success with a bad status"),
        pytest.param({"body": requests.ReadTimeout("slow")}, id="time-out"),
    ],
)
def test_write_whose_answer_settles_nothing_is_in_doubt(
    client: ZohoClient, wire: responses.RequestsMock, answer: dict[str, object]
) -> None:
    wire.add(responses.POST, INVOICES, **answer)  # type: ignore[arg-type]
    with pytest.raises(InDoubt):
        client.post("/invoices", {"a": 1})
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 500, "json": {"code": 1000}}, Temporary),
        ({"status": 400, "json": {"code": 1000}}, Temporary),
        ({"json": {"message": "fine"}}, Refused),
        ({"json": {"code": 0}}, Refused),
        ({"json": {"code": 0, "invoices": None}}, Refused),
        ({"json": {"code": 0, "invoices": {"0": {}}}}, Refused),
        ({"json": {"code": 0, "invoices": ["INV-1"]}}, Refused),
    ],
    ids=str,
)
def test_failed_list_is_an_error_and_never_an_empty_list(
    client: ZohoClient, wire: responses.RequestsMock, answer: dict[str, object], error: type[OutsideError]
) -> None:
    wire.add(responses.GET, INVOICES, **answer)  # type: ignore[arg-type]
    with pytest.raises(error):
        list(client.rows("/invoices", ("invoices",)))


# --- paging ------------------------------------------------------------------------------------------------------


def add_page(wire: responses.RequestsMock, ids: list[str], context: object = ...) -> None:
    body: dict[str, object] = {"code": 0, "invoices": [{"invoice_id": one} for one in ids]}
    if context is not ...:
        body["page_context"] = context
    wire.add(responses.GET, INVOICES, json=body)


def read(client: ZohoClient) -> list[object]:
    return [row["invoice_id"] for row in client.rows("/invoices", ("invoices",), {"status": "sent"})]


def test_list_is_read_to_its_last_page(client: ZohoClient, wire: responses.RequestsMock) -> None:
    add_page(wire, ["1", "2"], {"page": 1, "has_more_page": True})
    add_page(wire, ["3"], {"page": 2, "has_more_page": False})
    assert read(client) == ["1", "2", "3"]
    assert [(query(wire, n)["page"], query(wire, n)["per_page"]) for n in (0, 1)] == [
        (["1"], ["200"]),
        (["2"], ["200"]),
    ]
    assert query(wire, 1)["status"] == ["sent"]


def test_page_context_may_be_an_array(client: ZohoClient, wire: responses.RequestsMock) -> None:
    add_page(wire, ["1"], [{"has_more_page": True}])
    add_page(wire, ["2"], [{"has_more_page": False}])
    assert read(client) == ["1", "2"]


@pytest.mark.parametrize("context", [..., [], {}, None])
def test_short_list_without_page_context_is_whole(
    client: ZohoClient, wire: responses.RequestsMock, context: object
) -> None:
    add_page(wire, ["1", "2"], context)
    assert read(client) == ["1", "2"]
    assert len(wire.calls) == 1


def test_full_list_without_page_context_asks_on_and_notices_the_same_page(
    client: ZohoClient, wire: responses.RequestsMock
) -> None:
    ids = [str(number) for number in range(200)]
    add_page(wire, ids)
    assert read(client) == ids
    assert len(wire.calls) == 2


def test_pages_that_repeat_for_ever_are_an_error(client: ZohoClient, wire: responses.RequestsMock) -> None:
    add_page(wire, ["1"], {"has_more_page": True})
    with pytest.raises(Refused) as caught:
        read(client)
    assert caught.value.cause == "unreadable"
    assert len(wire.calls) == 2


def test_empty_page_ends_a_list_that_promises_more(client: ZohoClient, wire: responses.RequestsMock) -> None:
    add_page(wire, [], {"has_more_page": True})
    assert read(client) == []
