"""HitPay's webhooks: the signature, and what a delivery hints at.

Sources: HitPay's event guide and webhook handler (hex HMAC-SHA256 of the raw body with the salt, in
`Hitpay-Signature`; `Hitpay-Event-Object` and `Hitpay-Event-Type`, the latter `created` or in full `charge.created`).
The body is the object itself, without an envelope. Only the body is signed, so the headers are hints of a hint.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence

import msgspec

from app.domain.hints import Hint, HintKind

SIGNATURE = "Hitpay-Signature"
EVENTS = ("charge.created", "charge.updated", "payout.created")
"""What is of use to the books (HitPay OpenAPI, create-webhook-event). Refunds have no event of their own."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_WORD = re.compile(r"[a-z_.]{1,80}")
_KINDS = {"charge": HintKind.CHARGE, "payout": HintKind.PAYOUTS}


class HitPayWebhooks:
    """Reads deliveries; needs no key and calls nobody."""

    def is_signed(self, body: bytes, headers: Mapping[str, str], salts: Sequence[str]) -> bool:
        """Whether one of the salts signed exactly these bytes; every salt is tried, in constant time."""
        given = headers.get(SIGNATURE, "").encode("utf-8", "replace")
        matches = [hmac.compare_digest(_signature(body, salt).encode(), given) for salt in salts]
        return any(matches)

    def event(self, headers: Mapping[str, str]) -> str:
        """The event's full name, such as `charge.created`; "" if the headers name none."""
        what = headers.get("Hitpay-Event-Object", "").strip().lower()
        happened = headers.get("Hitpay-Event-Type", "").strip().lower()
        name = happened if "." in happened or not what else f"{what}.{happened}"
        return name if _WORD.fullmatch(name) else ""

    def hint(self, event: str, body: bytes) -> Hint:
        """What is to be read again; of kind NOTHING, with the reason, for everything else."""
        if event not in EVENTS:
            return Hint(kind=HintKind.NOTHING, why=f"Tieout has no use for the event {event or 'without a name'}.")
        try:
            told = msgspec.json.decode(body)
        except msgspec.DecodeError:
            told = None
        key = told.get("id") if isinstance(told, dict) else None
        if not isinstance(key, str) or not _ID.fullmatch(key):
            return Hint(kind=HintKind.NOTHING, why="It can't be read: it names no object.")
        return Hint(kind=_KINDS[event.partition(".")[0]], id=key)


def _signature(body: bytes, salt: str) -> str:
    return hmac.new(salt.encode(), body, "sha256").hexdigest()
