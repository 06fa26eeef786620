"""The first sentence of the status page says the most pressing thing."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.headline import Situation, headline

FINE: dict[str, Any] = {
    "next_step": "",
    "sync_on": True,
    "provider_status": "connected",
    "books_status": "connected",
    "waiting": 0,
    "needs_person": 0,
    "left_out": 0,
    "records": 40,
    "last_outcome": "fine",
    "last_sentence": "",
    "ever_synced": True,
}


@pytest.mark.parametrize(
    ("changes", "sentence", "tone"),
    [
        ({}, "Everything HitPay told at the last sync is in Zoho Books.", "good"),
        ({"waiting": 1}, "1 sale waits; everything else is in Zoho Books.", "good"),
        ({"left_out": 12}, "Everything that is synced is in Zoho Books; 12 sales are left out.", "good"),
        ({"left_out": 1}, "Everything that is synced is in Zoho Books; 1 sale is left out.", "good"),
        ({"waiting": 5, "left_out": 12}, "5 sales wait, 12 are left out; everything else is in Zoho Books.", "good"),
        ({"waiting": 1, "left_out": 1}, "1 sale waits, 1 is left out; everything else is in Zoho Books.", "good"),
        ({"records": 0}, "No sale was read from HitPay yet.", "idle"),
        ({"sync_on": False}, "Sync is off. Sales made now are left out.", "warn"),
        (
            {"sync_on": False, "waiting": 3, "needs_person": 2},
            "Sync is off. Sales made now are left out. 3 sales wait.",
            "warn",
        ),
        ({"sync_on": False, "next_step": "Connect HitPay first."}, "Not set up yet. Connect HitPay first.", "idle"),
        ({"sync_on": False, "provider_status": "failed"}, "HitPay doesn't accept the stored key any more.", "bad"),
        ({"ever_synced": False, "records": 0}, "Nothing was synced yet. Press Sync Now to begin.", "idle"),
        ({"needs_person": 2, "waiting": 5}, "2 sales need you.", "warn"),
        ({"payouts_needing": 1}, "1 payout needs you.", "warn"),
        ({"payouts_needing": 2, "waiting": 5}, "2 payouts need you.", "warn"),
        ({"payouts_needing": 2, "needs_person": 1}, "1 sale needs you.", "warn"),
        ({"next_step": "Connect HitPay first."}, "Not set up yet. Connect HitPay first.", "idle"),
        ({"books_status": "failed", "waiting": 18}, "Zoho Books asks you to sign in again. 18 sales wait.", "bad"),
        ({"provider_status": "failed"}, "HitPay doesn't accept the stored key any more.", "bad"),
        (
            {"last_outcome": "stopped", "last_sentence": "Zoho Books is busy."},
            "The last sync didn't finish. Zoho Books is busy.",
            "warn",
        ),
    ],
)
def test_headline_says_the_most_pressing_thing(changes: dict[str, Any], sentence: str, tone: str) -> None:
    said = headline(Situation(**(FINE | changes)))

    assert (said.sentence, said.tone) == (sentence, tone)
