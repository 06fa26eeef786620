"""The connection to Zoho Books: picking the organization, and giving the pick up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.services.connections import books_connection
from app.services.refusals import Refusal
from app.services.syncing import worker
from app.simulator.zoho_accounts.tokens import ACCESS_TOKENS, REFRESH_TOKENS
from app.store.connections import Connection
from app.store.db import write
from tests.shop import Shop


def view(shop: Shop) -> books_connection.BooksView:
    return books_connection.view(shop.outside, shop.business)


def logins(shop: Shop) -> tuple[int, int]:
    """How many lasting logins and how many access tokens work at the simulated Zoho."""
    state = shop.simulator.state
    return len(state.all(REFRESH_TOKENS)), len(state.all(ACCESS_TOKENS))


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


@pytest.fixture
def picking(shop: Shop) -> Shop:
    """Consent is given; the organization isn't picked yet."""
    shop.open_business()
    shop.finish(shop.decide(shop.consent_url()))
    return shop


def confirm(shop: Shop, organization: str = "") -> None:
    books_connection.confirm(shop.outside, shop.business, organization or shop.organization)


@pytest.mark.parametrize("organization", ["", "1", "20234694000", "' OR 1=1"])
def test_pick_of_an_unknown_organization_is_refused(picking: Shop, organization: str) -> None:
    before = picking.hashes()
    wrong = refusal_of(lambda: books_connection.confirm(picking.outside, picking.business, organization))
    assert wrong.problems == {"organization": "Choose one of the organizations in the list."}
    assert picking.hashes() == before


def test_pick_of_an_inactive_organization_is_refused(picking: Shop) -> None:
    before, closed = picking.hashes(), picking.keys["zoho"]["organizations"]["Lumen (closed 2024)"]
    wrong = refusal_of(lambda: confirm(picking, closed))
    assert "Lumen (closed 2024) is inactive in Zoho Books." in wrong.problems["organization"]
    assert picking.hashes() == before


@pytest.mark.parametrize(
    ("told", "says"),
    [({"time_zone": "Mars/Olympus"}, "'Mars/Olympus', which Tieout doesn't know"), ({"time_zone": ""}, "time zone ''")],
)
def test_pick_of_an_organization_whose_zone_nobody_knows_is_refused(
    picking: Shop, told: dict[str, str], says: str
) -> None:
    picking.set_organization(**told)
    before = picking.hashes()
    assert says in refusal_of(lambda: confirm(picking)).problems["organization"]
    assert picking.hashes() == before


def test_pick_before_any_consent_is_refused(shop: Shop) -> None:
    shop.open_business()
    before = shop.hashes()
    assert "Connect Zoho Books first" in refusal_of(lambda: confirm(shop)).sentence
    assert shop.hashes() == before


def test_pick_while_zoho_is_silent_is_refused_and_can_be_repeated(picking: Shop) -> None:
    before = picking.hashes()
    picking.line.spoil("GET", "/organizations", b"", status=502)
    assert "Press Connect to try again" in refusal_of(lambda: confirm(picking)).sentence
    assert picking.hashes() == before
    picking.line.mend()
    confirm(picking)
    assert view(picking).connected


def test_organization_of_another_business_is_refused(picking: Shop) -> None:
    confirm(picking)
    picking.open_business("Harbour")
    picking.finish(picking.decide(picking.consent_url()))
    before = picking.hashes()
    wrong = refusal_of(lambda: confirm(picking))
    assert "Lumen Home Goods is tied to another business already." in wrong.problems["organization"]
    assert picking.hashes() == before


def test_of_two_businesses_that_pick_at_once_one_is_refused(picking: Shop) -> None:
    """The other one confirms between our look at the list and our writing."""
    first = picking.business
    second = picking.open_business("Harbour")
    picking.finish(picking.decide(picking.consent_url()))

    def meanwhile(_method: str, path: str) -> None:
        if path.endswith("/organizations"):
            picking.line.before = None
            books_connection.confirm(picking.outside, first, picking.organization)

    picking.line.before = meanwhile
    assert "tied to another business" in refusal_of(lambda: confirm(picking)).sentence
    assert [books_connection.view(picking.outside, one).status for one in (first, second)] == [
        "connected",
        "choose_organization",
    ]


def test_database_itself_refuses_a_second_tie(picking: Shop) -> None:
    confirm(picking)
    picking.open_business("Harbour")
    picking.finish(picking.decide(picking.consent_url()))

    def tie_again() -> None:
        with write() as session:
            ties = session.scalars(sa.select(Connection).order_by(Connection.id)).all()
            ties[-1].tie = next(one.tie for one in ties if one.tie)

    with pytest.raises(IntegrityError):
        tie_again()


def test_pick_given_up_meanwhile_is_refused(picking: Shop) -> None:
    def meanwhile(_method: str, path: str) -> None:
        if path.endswith("/organizations"):
            picking.line.before = None
            with write() as session:
                row = session.scalars(sa.select(Connection).where(Connection.side == "books")).one()
                books_connection.forget_login(session, row, picking.clock.now(), "not_connected")

    picking.line.before = meanwhile
    assert "given up meanwhile" in refusal_of(lambda: confirm(picking)).sentence
    assert view(picking).status == "not_connected"


def test_pick_not_made_within_thirty_minutes_is_revoked(picking: Shop) -> None:
    picking.clock.advance(timedelta(minutes=29, seconds=59))
    worker.tend(picking.outside)
    assert (view(picking).status, logins(picking)[0]) == ("choose_organization", 1)

    picking.clock.advance(timedelta(seconds=1))
    worker.tend(picking.outside)
    assert (view(picking).status, logins(picking)) == ("not_connected", (0, 0))
    assert "Connect Zoho Books first" in refusal_of(lambda: confirm(picking)).sentence


def test_pick_is_given_up_even_if_zoho_cannot_be_told(picking: Shop) -> None:
    picking.line.spoil("POST", "/token/revoke", b"", status=503)
    picking.clock.advance(timedelta(minutes=30))
    worker.tend(picking.outside)
    assert view(picking).status == "not_connected"
