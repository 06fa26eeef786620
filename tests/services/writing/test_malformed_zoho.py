"""Malformed answers: whatever a platform says, a person gets a clear sentence and nothing is spoiled.

What must stay as it was is compared by a hash of the rows. Left out are only columns that note how a connection fares:
`connections.last_success_at` (a platform did answer a call before the malformed one), and where it is said the token
columns, which a refresh on the way may change.
"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.services.business import settings
from app.services.connections import books_connection
from app.services.refusals import Refusal
from app.services.showing import records
from tests.malformed import BODIES, NAMES, NOTED, STATE, assert_posted_once_mended, assert_sentence
from tests.shop import ACCOUNT, Shop

TOKENS: list[tuple[str, str]] = [
    ("empty-object", "{}"),
    ("list", "[]"),
    ("no-key", '{"expires_in": 3600, "token_type": "Bearer", "refresh_token": "1000.a.b"}'),
    ("key-null", '{"access_token": null, "refresh_token": "1000.a.b"}'),
    ("key-number", '{"access_token": 7, "refresh_token": "1000.a.b"}'),
    ("key-empty", '{"access_token": "", "refresh_token": "1000.a.b"}'),
    ("key-with-break", '{"access_token": "a\\r\\nX-Evil: 1", "refresh_token": "1000.a.b"}'),
    ("key-with-letters-of-ours", '{"access_token": "schlüssel", "refresh_token": "1000.a.b"}'),
    ("unknown-error", '{"error": "a new one"}'),
    ("error-object", '{"error": {"code": 1}}'),
]


def test_malformed_token_answer_to_a_consent_stores_nothing(shop: Shop) -> None:
    shop.open_business()
    lasting = b'{"access_token": "1000.a.b", "expires_in": 3600}'
    for body in (*BODIES, *(body.encode() for _name, body in TOKENS), lasting):
        shop.line.mend()
        answer, before = shop.decide(shop.consent_url()), shop.hashes(*STATE)
        shop.line.spoil("POST", "/oauth/v2/token", body)
        with pytest.raises(Refusal) as refused:
            shop.finish(answer)
        assert_sentence(refused.value.sentence)
        assert "schlüssel" not in refused.value.detail
        assert shop.hashes(*STATE) == before, body
    shop.line.mend()
    shop.connect_books()
    assert books_connection.view(shop.outside, shop.business).connected


@pytest.mark.parametrize(
    "body",
    [*BODIES[::3], *(body.encode() for _name, body in TOKENS[::2])],
    ids=[*NAMES[::3], *(name for name, _body in TOKENS[::2])],
)
def test_malformed_token_answer_to_a_refresh_is_no_dead_login(sold: Shop, body: bytes) -> None:
    sold.clock.advance(timedelta(hours=2))
    noted = (*NOTED, "connections.refreshing_until")  # an unknown error is followed by a pause
    sold.line.spoil("POST", "/oauth/v2/token", body)
    first = sold.sync()
    before = sold.hashes(*STATE, without=noted)
    assert first.outcome == "stopped"
    assert_sentence(first.sentence)
    sold.clock.advance(timedelta(minutes=20))
    sold.sync()
    assert sold.hashes(*STATE, without=noted) == before
    assert books_connection.view(sold.outside, sold.business).status == "connected"

    sold.line.mend()
    sold.clock.advance(timedelta(minutes=20))
    assert sold.sync().outcome == "fine"
    assert sold.counts() == (1, 1, 1)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({}, 3600),
        ({"expires_in": None}, 3600),
        ({"expires_in": "3600"}, 3600),
        ({"expires_in": 10**12}, 3600),
        ({"expires_in": -1}, 3600),
        ({"expires_in": 0}, 3600),
        ({"expires_in": "soon"}, 3600),
        ({"expires_in": 3600000, "expires_in_sec": 1800}, 1800),
    ],
)
def test_life_of_a_token_is_never_taken_for_more_than_an_hour(sold: Shop, told: dict[str, Any], seconds: int) -> None:
    sold.sync()
    sold.clock.advance(timedelta(hours=2))
    sold.world.add_charge(ACCOUNT)
    sold.line.spoil("POST", "/oauth/v2/token", json.dumps({"access_token": "1000.un.known", **told}), times=1)
    sold.line.before = lambda _method, path: lives.append(_life(sold)) if path.endswith("/transactionlock") else None
    lives: list[timedelta] = []
    assert sold.sync().outcome == "fine"  # the unknown token is turned down, and another one fetched
    assert lives[0] == timedelta(seconds=seconds)


def _life(shop: Shop) -> timedelta:
    from app.services.connections.tokens import StoredTokens  # noqa: PLC0415 - only this one looks behind the curtain

    stored = StoredTokens(shop.outside, 2)._stored()
    assert stored
    return stored.expires_at - shop.clock.now()


WRONG_LISTS = [
    "{}",
    "[]",
    '{"code": 0, "message": "success"}',
    '{"code": 0, "KEY": null}',
    '{"code": 0, "KEY": {}}',
    '{"code": 0, "KEY": "none"}',
    '{"code": 0, "KEY": [null]}',
    '{"code": 0, "KEY": ["one"]}',
    '{"code": 0, "KEY": [{}]}',
    '{"code": 0, "KEY": [{"name": "without an id", "account_name": "x"}]}',
    '{"code": "zero", "KEY": []}',
    '{"code": 9999, "message": "Something new"}',
]


def test_malformed_organizations_leave_the_pick_open(shop: Shop) -> None:
    shop.open_business()
    shop.finish(shop.decide(shop.consent_url()))
    before = shop.hashes(*STATE)
    for body in (*BODIES, *(one.replace("KEY", "organizations").encode() for one in WRONG_LISTS)):
        shop.line.spoil("GET", "/organizations", body)
        with pytest.raises(Refusal) as refused:
            books_connection.organizations(shop.outside, shop.business)
        assert_sentence(refused.value.sentence)
        with pytest.raises(Refusal):
            books_connection.confirm(shop.outside, shop.business, shop.organization)
        assert shop.hashes(*STATE) == before, body
    shop.line.mend()
    books_connection.confirm(shop.outside, shop.business, shop.organization)


def test_organization_that_states_nonsense_is_not_tied(shop: Shop) -> None:
    shop.open_business()
    shop.finish(shop.decide(shop.consent_url()))
    before = shop.hashes(*STATE, "businesses")
    nonsense: list[dict[str, Any]] = [
        {"currency_code": ""}, {"currency_code": None}, {"time_zone": ""}, {"time_zone": None}, {"time_zone": 8},
        {"time_zone": "../../etc/passwd"}, {"time_zone": "Asia/Atlantis"}, {"is_org_active": "false"},
    ]  # fmt: skip
    for told in nonsense:
        row = {"organization_id": "77", "name": "Odd", "currency_code": "SGD", "time_zone": "Asia/Singapore"} | told
        shop.line.spoil("GET", "/organizations", json.dumps({"code": 0, "organizations": [row]}))
        with pytest.raises(Refusal) as refused:
            books_connection.confirm(shop.outside, shop.business, "77")
        assert_sentence(refused.value.sentence)
        assert shop.hashes(*STATE, "businesses") == before, told


@pytest.mark.parametrize("key", ["chartofaccounts", "bankaccounts", "items"])
def test_malformed_lists_of_the_settings_page_save_nothing(ready: Shop, key: str) -> None:
    wanted, before = ready.wanted(grouping="bulk"), ready.hashes(*STATE)
    for body in (*BODIES, *(one.replace("KEY", key).encode() for one in WRONG_LISTS)):
        ready.line.spoil("GET", f"/{key}", body)
        with pytest.raises(Refusal) as shown:
            settings.view(ready.outside, ready.business)
        assert shown.value.sentence.startswith("The settings need Zoho Books. ")
        assert_sentence(shown.value.sentence)
        with pytest.raises(Refusal):
            settings.save(ready.outside, ready.business, ready.user, wanted)
        assert ready.hashes(*STATE) == before, body


def test_malformed_lock_date_posts_nothing(sold: Shop) -> None:
    before: dict[str, str] = {}
    for body in (
        *BODIES,
        b"{}",
        b"[]",
        b'{"code": "zero"}',
        b'{"code": 9999, "message": "Something new"}',
        b'{"code": 0, "transaction_lock": {"transaction_lock_date": "soon"}}',
        b'{"code": 0, "transaction_lock": {"transaction_lock_date": "2026-13-41"}}',
        b'{"code": 0, "transaction_lock": {"transaction_lock_status": 1, "transaction_lock_date": "31/12/2026"}}',
    ):
        sold.line.spoil("GET", "/transactionlock", body)
        run = sold.sync()
        assert run.outcome == "stopped", body
        assert_sentence(run.sentence)
        before = before or sold.hashes(*STATE, without=NOTED)  # the first of these runs read the sale
        assert sold.hashes(*STATE, without=NOTED) == before, body
    assert sold.counts() == (0, 0, 0)
    assert_posted_once_mended(sold)


CREATED = {"create_invoice": "invoice", "create_customer_payment": "payment", "create_expense": "expense"}
PATHS = {
    "create_invoice": "/invoices",
    "create_customer_payment": "/customerpayments",
    "create_expense": "/expenses",
}


WRONG_CREATED = [
    b"",
    b"<!doctype html><title>Sign in</title>",
    b"null",
    b"[]",
    b"{}",
    b'{"code": 0}',
    b'{"code": 0, "KEY": null}',
    b'{"code": 0, "KEY": {}}',
    b'{"code": 0, "KEY": []}',
    b'{"code": 0, "KEY": {"total": 100, "amount": 100}}',
    b'{"code": 0, "KEY": {"ID": "", "total": 100, "amount": 100}}',
    b'{"code": 0, "KEY": {"ID": "1", "total": "much", "amount": "much"}}',
    b'{"code": 0, "KEY": {"ID": "1", "total": 100, "amount": 100, "currency_code": "QQQ"}}',
    b'{"code": 0, "KEY": {"ID": "1", "total": 100, "amount": 100, "date": "soon"}}',
]


@pytest.mark.parametrize("operation", list(CREATED))
@pytest.mark.parametrize(("body", "applied"), [*((one, True) for one in WRONG_CREATED), (b"{}", False), (b"", False)])
def test_malformed_create_answer_is_a_doubt_and_ends_as_one_document(
    sold: Shop, operation: str, body: bytes, applied: bool
) -> None:
    key = CREATED[operation].encode()
    told = body.replace(b"KEY", key).replace(b"ID", key + b"_id")
    sold.line.spoil("POST", PATHS[operation], told, applied=applied, times=1)
    sold.sync()
    assert sold.effects()[operation] == "in_doubt"
    (row,) = records.page(sold.business).rows
    story = records.story(sold.outside, sold.business, row.id)
    assert story
    assert_sentence(next(one.trouble for one in story.documents if one.trouble))
    for _round in range(3):
        sold.clock.advance(timedelta(minutes=11))
        sold.sync("look_up")
    assert sold.counts() == (1, 1, 1)
    assert sold.line.count("POST", PATHS[operation]) == (1 if applied else 2)
    assert Decimal(sold.truth()["accounts"]["Accounts Receivable"]["balance"]) == 0
