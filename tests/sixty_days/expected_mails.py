"""The mails that sixty days call for, in order: who must be told what, and between which instants (UTC)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from tests.sixty_days.life import (
    HOUR,
    LONG,
    LONG_FLAPS,
    MAIL_AGAIN,
    MINUTE,
    OUTAGE,
    OUTAGE_OVER,
    RECONNECTED,
    REVOKED,
    utc,
)


class Expected(NamedTuple):
    """One mail: it arrives at `first` at the earliest and at `last` at the latest."""

    subject: str
    first: datetime
    last: datetime


def _within(subject: str, begin: datetime, most: timedelta) -> Expected:
    return Expected(subject, begin, begin + most)


SIGN_IN = "Harbour Books and Coffee: sign in to Zoho Books again"
DOWN = "2 businesses: Zoho Books can't be reached"
WORKS = "2 businesses: Zoho Books works again"

MAILS = (
    # The health check alone notices within 70 minutes; a day later a reminder; after reconnecting one run is enough.
    _within(SIGN_IN, REVOKED, 70 * MINUTE),
    _within(f"{SIGN_IN} (open for 24 hours)", REVOKED + 24 * HOUR, 80 * MINUTE),
    _within("Harbour Books and Coffee: Zoho Books works again", RECONNECTED, 20 * MINUTE),
    # Two hours without an answer; the mail server is down meanwhile, and is tried again two hours later at most.
    _within(DOWN, MAIL_AGAIN, 125 * MINUTE),
    _within(f"{DOWN} (open for 24 hours)", OUTAGE + 24 * HOUR, 80 * MINUTE),
    _within(WORKS, OUTAGE_OVER, 3 * HOUR),
    # A day without calls, three days off and 36 short flaps are no mail. Four long ones are one incident.
    _within(DOWN, LONG_FLAPS[0] + 2 * HOUR, LONG),
    _within(WORKS, LONG_FLAPS[0] + LONG, 3 * HOUR),
    # They were asked at other minutes, more than five apart, so these are two mails.
    _within("Harbour Books and Coffee: Zoho Books comes and goes", LONG_FLAPS[3], LONG),
    _within("Lumen Home Goods: Zoho Books comes and goes", LONG_FLAPS[3], LONG),
    # What came and went after that is told in the morning, at eight o'clock where the business is.
    _within("Harbour Books and Coffee: what came and went", utc(11, 6, 13), 20 * MINUTE),
    _within("Lumen Home Goods: what came and went", utc(11, 6, 21), 20 * MINUTE),
)
