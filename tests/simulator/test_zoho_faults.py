"""Scripted faults of the simulated Zoho Books, in process and over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from app.simulator import faults
from app.simulator.faults import Fault
from tests.simulator.conftest import Zoho

CONTACT = {"contact_name": "Ann Lee"}


def strike(zoho: Zoho, kind: str, **more: int) -> None:
    faults.script(zoho.simulator.state, Fault("zoho_books", "create_contact", kind, **more))


def contacts(zoho: Zoho) -> int:
    return len(zoho.truth()["documents"]["contacts"])


@pytest.mark.parametrize(("kind", "applied"), [("lost_after_apply", 1), ("lost_before_apply", 0)])
def test_lost_reply_is_a_connection_error_to_the_caller(zoho: Zoho, kind: str, applied: int) -> None:
    strike(zoho, kind)
    with pytest.raises(requests.ConnectionError):
        zoho.send("POST", "/contacts", CONTACT)
    assert contacts(zoho) == applied


@pytest.mark.parametrize(
    ("kind", "answer", "applied"),
    [
        ("error_after_apply", (500, 1000), 1),
        ("error_before_apply", (500, 1000), 0),
        ("refused", (429, 44), 0),
        ("unauthorized", (401, 57), 0),
    ],
)
def test_fault_answers_in_zohos_own_words(zoho: Zoho, kind: str, answer: tuple[int, int], applied: int) -> None:
    strike(zoho, kind)
    assert zoho.refused("POST", "/contacts", CONTACT) == answer
    assert contacts(zoho) == applied


@pytest.mark.parametrize("kind", ["truncated", "not_json"])
def test_garbled_answer_says_200_and_is_no_json(zoho: Zoho, kind: str) -> None:
    strike(zoho, kind)
    answer = zoho.send("POST", "/contacts", CONTACT)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert contacts(zoho) == 1


def test_fault_strikes_the_nth_call_and_then_no_more(zoho: Zoho) -> None:
    strike(zoho, "refused", nth=2, status=429, code=1070)
    zoho.post("/contacts", {"contact_name": "first"})
    assert zoho.refused("POST", "/contacts", {"contact_name": "second"}) == (429, 1070)
    zoho.post("/contacts", {"contact_name": "second"})
    assert faults.pending(zoho.simulator.state) == []


def test_fault_of_another_operation_does_not_strike(zoho: Zoho) -> None:
    strike(zoho, "refused")
    assert zoho.get("/contacts")["contacts"] == []
    assert len(faults.pending(zoho.simulator.state)) == 1


def test_late_write_lands_after_its_time(zoho: Zoho) -> None:
    strike(zoho, "late", seconds=90)
    with pytest.raises(requests.ConnectionError):
        zoho.send("POST", "/contacts", CONTACT)
    zoho.clock.advance(timedelta(seconds=89))
    assert contacts(zoho) == 0
    zoho.clock.advance(timedelta(seconds=1))
    assert contacts(zoho) == 1


def test_unknown_fault_is_an_error() -> None:
    with pytest.raises(ValueError, match="gremlin"):
        Fault("zoho_books", "create_contact", "gremlin")


@pytest.fixture
def address(server: Flask) -> Iterator[str]:
    """The simulator behind a real loopback socket."""
    listening = make_server("127.0.0.1", 0, server, threaded=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


@pytest.mark.parametrize(("kind", "applied"), [("lost_after_apply", 1), ("lost_before_apply", 0)])
def test_lost_reply_closes_the_socket(zoho: Zoho, address: str, kind: str, applied: int) -> None:
    strike(zoho, kind)
    with requests.Session() as session, pytest.raises(requests.ConnectionError):
        session.post(
            f"{address}/zohoapis/books/v3/contacts",
            params={"organization_id": zoho.organization_id},
            json=CONTACT,
            headers={"Authorization": f"Zoho-oauthtoken {zoho.token}"},
            timeout=10,
        )
    assert contacts(zoho) == applied
