"""The chain: whatever is done to it, its first broken link is named."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from app.domain.proof import BEGINNING, Break, Entry, Head, first_break, link


def entry(number: int, **changes: Any) -> Entry:
    given: dict[str, Any] = {
        "business_id": 1,
        "number": number,
        "effect_id": number,
        "movement_id": None,
        "at": f"2026-11-22T04:00:{number:02d}.000000+00:00",
        "fence": 1,
        "person": "",
        "what": "send",
        "outcome": "done",
        "detail": "",
    }
    return Entry(**(given | changes))


def chain(count: int) -> list[tuple[Entry, str]]:
    entries, before = [], BEGINNING
    for number in range(1, count + 1):
        before = link(before, entry(number))
        entries.append((entry(number), before))
    return entries


HEAD = Head(5, chain(5)[-1][1])


def test_log_as_it_was_written_holds() -> None:
    assert first_break(chain(5), HEAD) == (5, None)
    assert first_break([], None) == (0, None)


@pytest.mark.parametrize("field", [name for name in Entry.__struct_fields__ if name != "number"])
def test_altered_entry_is_found_whichever_of_its_fields_was_altered(field: str) -> None:
    changed = {"business_id": 2, "effect_id": 9, "movement_id": 9, "fence": 2, "at": "2026-11-22T04:00:03.000001+00:00"}
    entries = chain(5)
    entries[2] = (entry(3, **{field: changed.get(field, "another")}), entries[2][1])
    held, broken = first_break(entries, HEAD)
    assert broken is not None
    assert (held, broken.number) == (2, 3)


def test_entry_altered_together_with_its_hash_is_found_at_the_next_one() -> None:
    entries = chain(5)
    forged = entry(3, outcome="refused")
    entries[2] = (forged, link(entries[1][1], forged))
    held, broken = first_break(entries, HEAD)
    assert broken is not None
    assert (held, broken.number) == (3, 4)


def test_removed_entry_is_found() -> None:
    entries = chain(5)
    held, broken = first_break(entries[:2] + entries[3:], HEAD)
    assert (held, broken) == (2, Break(3, "Entry 3 is missing."))


def test_inserted_entry_is_found() -> None:
    entries = chain(5)
    again = first_break([*entries[:3], entries[2], *entries[3:]], HEAD)[1]
    assert again is not None
    assert again.number == 4
    after = first_break([*entries, (entry(6), link(entries[-1][1], entry(6)))], HEAD)[1]
    assert after is not None
    assert (after.number, after.says) == (6, "What follows entry 5 was not written by Tieout.")


def test_reordered_entries_are_found() -> None:
    entries = chain(5)
    swapped = [
        *entries[:1],
        (entry(2, effect_id=3), entries[2][1]),
        (entry(3, effect_id=2), entries[1][1]),
        *entries[3:],
    ]
    broken = first_break(swapped, HEAD)[1]
    assert broken is not None
    assert broken.number == 2


@pytest.mark.parametrize(("kept", "says"), [(4, "The last entry is missing."), (2, "The last 3 entries are missing.")])
def test_truncated_log_is_found_by_its_head(kept: int, says: str) -> None:
    held, broken = first_break(chain(kept), HEAD)
    assert broken is not None
    assert (held, broken.number, broken.says) == (kept, kept + 1, says)


def test_lost_head_and_another_logs_head_are_found() -> None:
    lost = first_break(chain(5), None)[1]
    other = first_break(chain(5), Head(5, "f" * 64))[1]
    assert lost is not None
    assert other is not None
    assert "head of the log" in lost.says
    assert other.number == 5


def test_canonical_form_is_plain_json_so_that_anybody_can_check_it() -> None:
    told = entry(1, detail='quotes " and \\ and \n and é and \u2028 and \x1f')
    written = json.dumps(list(msgspec.structs.astuple(told)), ensure_ascii=False, separators=(",", ":"))
    assert msgspec.json.encode(told).decode() == written
