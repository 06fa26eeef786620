"""Letters: what each mail says, in words a shop owner understands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain import letters
from app.domain.incidents import Cause
from app.domain.letters import Letter, Subject, Wait
from app.domain.money import Money

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOME = "https://books.example.com/b/kopi-house/"
WAIT = Wait(count=18, values=[Money.of("1830.20", "SGD"), Money.of("40", "JPY")])


def subject(cause: Cause = Cause.RECONNECT, side: str = "books", **values: Any) -> Subject:
    given: dict[str, Any] = {
        "name": "Kopi House", "home": HOME, "time_zone": "Asia/Singapore", "cause": cause, "side": side,
        "began_at": NOON, "last_success": NOON - timedelta(hours=11), "wait": WAIT,
    }  # fmt: skip
    return Subject(**(given | values))


def words(letter: Letter) -> str:
    return "\n".join([letter.subject, *letter.says, *letter.items, letter.button, letter.address, *letter.lines])


def test_expired_authorization_says_since_when_what_waits_and_has_one_button() -> None:
    letter = letters.told([subject()], kind="opening", now=NOON)
    assert letter.subject == "Kopi House: sign in to Zoho Books again"
    assert letter.says == [
        "Zoho doesn't accept the sign-in of Kopi House any more, so nothing is posted since "
        "22 Nov 2026, 12:00 (Singapore time).",
        "18 sales, SGD 1,830.20 + JPY 40, wait.",
        "The last sync that went through ended 22 Nov 2026, 01:00 (Singapore time).",
    ]
    assert (letter.button, letter.address) == ("Reconnect", f"{HOME}zoho")
    assert len(letter.lines) == 3
    assert f"{HOME}alerts" in letter.lines[2]


@pytest.mark.parametrize(
    ("cause", "side", "page"),
    [
        (Cause.RECONNECT, "books", "zoho"),
        (Cause.PROVIDER, "provider", "provider"),
        (Cause.ACCESS, "books", "zoho"),
        (Cause.ACCESS, "provider", "provider"),
        (Cause.UNREACHABLE, "books", ""),
        (Cause.QUOTA, "books", ""),
        (Cause.ATTENTION, "books", "documents"),
        (Cause.HANGING, "sync", ""),
        (Cause.MISSED, "sync", ""),
    ],
)
def test_every_cause_has_all_its_letters(cause: Cause, side: str, page: str) -> None:
    one = subject(cause, side)
    written = [
        letters.told([one], kind=kind, now=NOON + timedelta(days=3)) for kind in ("opening", "reminder", "unstable")
    ]
    assert {letter.address for letter in written} == {HOME + page}
    assert len({letter.subject for letter in written}) == 3
    for letter in (*written, letters.healed([one], NOON), letters.told([one, one], kind="opening", now=NOON)):
        assert letter.subject[:11] in ("Kopi House:", "2 businesse")
        assert len(letter.lines) == 3
        assert re.search(r"[{}!]|please|success|error", words(letter), re.I) is None, words(letter)


def test_reminder_says_how_long_it_lasts() -> None:
    later = letters.told([subject()], kind="reminder", now=NOON + timedelta(days=10, hours=3))
    assert later.subject == "Kopi House: sign in to Zoho Books again (open for 10 days)"


def test_one_sale_waits_and_none_waits() -> None:
    one = subject(wait=Wait(count=1, values=[Money.of("5", "SGD")]))
    assert letters.told([one], kind="opening", now=NOON).says[1] == "1 sale, SGD 5.00, waits."
    assert letters.told([subject(wait=Wait(count=0))], kind="opening", now=NOON).says[1] == "No sale waits yet."


def test_several_businesses_stand_in_one_letter_each_with_its_address() -> None:
    other = subject(name="Second", home="https://books.example.com/b/second/")
    letter = letters.told([subject(), other], kind="opening", now=NOON)
    assert letter.subject == "2 businesses: sign in to Zoho Books again"
    assert [item.partition(":")[0] for item in letter.items] == ["Kopi House", "Second"]
    assert letter.items[1].endswith("https://books.example.com/b/second/zoho")
    assert letter.button == ""


def test_recovery_says_that_nothing_must_be_done() -> None:
    letter = letters.healed([subject(wait=Wait(count=0))], NOON + timedelta(hours=2))
    assert letter.subject == "Kopi House: Zoho Books works again"
    assert letter.says == [
        "Kopi House: Zoho Books works again since 22 Nov 2026, 14:00 (Singapore time). Nothing waits any more."
    ]
    assert "There is nothing you must do." in letter.lines


def test_digest_counts_what_is_held_or_tells_only_what_came_and_went() -> None:
    held = letters.digest("Kopi House", HOME, WAIT, ["a line"])
    assert held.subject == "Kopi House: 18 records need you"
    assert held.items == ["a line"]
    assert held.address == f"{HOME}records"
    assert letters.digest("Kopi House", HOME, Wait(count=0), ["x"]).subject == "Kopi House: what came and went"
