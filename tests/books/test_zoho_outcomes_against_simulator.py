"""What the Zoho adapters make of a simulated Zoho that fails, limits and refuses."""

from __future__ import annotations

import pytest

from app.clock import ManualClock
from app.domain.documents import DocumentKind
from app.ports import InDoubt, Refused, Temporary
from app.simulator.zoho_books.organizations import (
    create_organization,
    create_user,
)
from tests.books.simulated import CUSTOMER, GROSS, Keeper, Zoho, consent, sale_of


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("lost_after_apply", True),
        ("lost_before_apply", False),
        ("error_after_apply", True),
        ("error_before_apply", False),
        ("truncated", True),
        ("not_json", True),
    ],
)
def test_write_without_a_usable_answer_is_in_doubt_and_the_look_up_settles_it(
    zoho: Zoho, kind: str, done: bool
) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    zoho.fail("create_invoice", kind)
    with pytest.raises(InDoubt):
        posting.post(sale.invoice, {"customer": customer})
    assert len(posting.find(DocumentKind.INVOICE, "HP-1")) == int(done)


def test_unauthorized_once_is_repaired_within_the_call(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    zoho.fail("create_invoice", "unauthorized")
    assert posting.post(sale.invoice, {"customer": customer}).total == GROSS
    assert len(posting.find(DocumentKind.INVOICE, "HP-1")) == 1


@pytest.mark.parametrize(("code", "wait", "daily"), [(44, 60.0, False), (45, None, True), (1070, 2.0, False)])
def test_limits_of_zoho_are_temporary(zoho: Zoho, code: int, wait: float | None, daily: bool) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    zoho.fail("create_invoice", "refused", status=429, code=code)
    with pytest.raises(Temporary) as caught:
        posting.post(sale.invoice, {"customer": customer})
    assert (caught.value.retry_after, caught.value.daily) == (wait, daily)
    assert posting.find(DocumentKind.INVOICE, "HP-1") == []


def test_failed_look_up_is_repeated_and_never_reads_as_none(zoho: Zoho) -> None:
    sale, posting = sale_of(zoho), zoho.posting
    customer = posting.create_customer(CUSTOMER, "SGD")
    posting.post(sale.invoice, {"customer": customer})
    for kind in ("lost_before_apply", "error_before_apply", "truncated"):
        zoho.fail("list_invoices", kind)
    assert len(posting.find(DocumentKind.INVOICE, "HP-1")) == 1
    for _ in range(4):
        zoho.fail("list_invoices", "error_before_apply")
    with pytest.raises(Temporary):
        posting.find(DocumentKind.INVOICE, "HP-1")


def test_calls_stay_below_the_limit_per_minute(zoho: Zoho, clock: ManualClock) -> None:
    started = clock.monotonic()
    for _ in range(250):
        zoho.choices.lock_date()
    assert 180.0 <= clock.monotonic() - started <= 181.0


def test_missing_scope_is_a_missing_permission(zoho: Zoho, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.books.zoho.oauth.SCOPES", ("ZohoBooks.settings.READ",))
    code = consent(zoho.session, zoho.login, zoho.user_id)["code"]
    zoho.keeper = Keeper(zoho.login, zoho.login.exchange(code))
    with pytest.raises(Refused) as caught:
        zoho.choices.accounts()
    assert caught.value.cause == "missing_permission"
    assert zoho.keeper.renewals == 1


def test_organization_of_somebody_else_is_refused(zoho: Zoho) -> None:
    stranger = create_user(zoho.simulator, "stranger@shop.example", "Stranger")
    zoho.organization_id = create_organization(zoho.simulator, stranger, "Not ours")
    with pytest.raises(Refused) as caught:
        zoho.choices.accounts()
    assert caught.value.cause == "organization"
    with pytest.raises(Refused, match="any more"):
        zoho.choices.ping()
