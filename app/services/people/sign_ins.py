"""Signing in: the growing wait after failures, and the sign-ins that stand behind each browser's cookie."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.clock import Clock, FileClock
from app.services.people import passwords
from app.services.refusals import Refusal
from app.store import people as table
from app.store.db import read, write
from app.store.people import LoginAttempt, SignIn

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
_DEMO = timedelta(days=3650)
_SEEN_STEP = timedelta(minutes=1)

WINDOW = timedelta(hours=1)
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FREE_FAILURES = {"pair": 5, "address": 20, "account": 50}
"""Failures within an hour before the wait begins. An account alone has many, so that a guesser elsewhere can't
keep its owner out."""

_WRONG = "Email and password don't belong together. Check both and try again."


@dataclass(frozen=True)
class Visitor:
    """Who a request comes from. `sign_in` is the hash that names the sign-in, never the token itself."""

    user_id: int
    email: str
    sign_in: str


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def check_login(clock: Clock, email: str, password: str, address: str) -> str:
    """The token of a new sign-in. Refusal: wrong, or too many failures from here or for this account.

    The failure is counted before the password is looked at, so guesses sent at once can't slip through.
    """
    email = email.strip().lower()
    subjects = {kind: _subject(kind, email, address) for kind in FREE_FAILURES}
    stored, user_id = _admit(clock, email, subjects)
    if not passwords.matches(password, stored) or user_id is None:
        raise Refusal(_WRONG)
    now = clock.now()
    with write() as session:
        table.forgive(session, [subjects["pair"], subjects["account"]])
        return begin(session, clock, user_id, now, address)


def _subject(kind: str, email: str, address: str) -> str:
    named = {"pair": f"{email} {address}", "address": address, "account": email}[kind]
    return f"{kind}:{hashlib.sha256(named.encode()).hexdigest()}"


def _admit(clock: Clock, email: str, subjects: dict[str, str]) -> tuple[str | None, int | None]:
    """Count one failure in advance; answer the stored hash and the id of an enabled person."""
    now = clock.now()
    with write() as session:
        failed = table.failures(session, list(subjects.values()), now - WINDOW)
        wait = max(_wait(failed[subject], FREE_FAILURES[kind], now) for kind, subject in subjects.items())
        if wait > timedelta():
            raise Refusal(f"Too many failed tries. Try again in {_spoken(wait)}.")
        session.add_all(LoginAttempt(subject=subject, attempted_at=now) for subject in subjects.values())
        user = table.by_email(session, email)
        if user is None or user.disabled_at is not None:
            return None, None
        return user.password_hash, user.id


def _wait(failed: Sequence[datetime], free: int, now: datetime) -> timedelta:
    """How long the next try must wait: doubling from 15 seconds, at most 15 minutes after the last failure."""
    over = len(failed) - free
    if over < 0 or not failed:
        return timedelta()
    delay = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(over, 10)))
    return max(timedelta(), failed[-1] + delay - now)


def _spoken(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    if seconds <= 90:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"


def begin(session: Session, clock: Clock, user_id: int, now: datetime, address: str) -> str:
    """A new sign-in within the caller's transaction; answers its token, which is stored nowhere."""
    token = new_token()
    session.add(
        SignIn(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=now + limits(clock)[1],
            address=address[:64],
        )
    )
    return token


def limits(clock: Clock) -> tuple[timedelta, timedelta]:
    """Idle and absolute life of a sign-in. On the demo's clock a day passes at a click, so there it hardly ends."""
    return (_DEMO, _DEMO) if isinstance(clock, FileClock) else (IDLE, ABSOLUTE)


def link_life(clock: Clock) -> timedelta:
    """How long a sign-in link works at least: zero, or for the demo as long as a sign-in."""
    return _DEMO if isinstance(clock, FileClock) else timedelta()


def visitor(clock: Clock, token: str) -> Visitor | None:
    """The person behind a cookie's token, if the sign-in still lives; remembers that it was seen."""
    now, named = clock.now(), token_hash(token)
    with read() as session:
        found = table.sign_in_of(session, named)
        if found is None:
            return None
        row, user = found
        ended = row.ended_at is not None or now >= row.expires_at or now - row.seen_at >= limits(clock)[0]
        if ended or user.disabled_at is not None:
            return None
        answer, stale, row_id = Visitor(user.id, user.email, named), now - row.seen_at >= _SEEN_STEP, row.id
    if stale:
        _saw(row_id, now)
    return answer


def _saw(row_id: int, now: datetime) -> None:
    with write() as session:
        row = session.get(SignIn, row_id)
        if row is not None and row.ended_at is None:
            row.seen_at = max(row.seen_at, now)


def end(clock: Clock, token: str) -> None:
    """Sign this browser out; harmless when it is out already."""
    with write() as session:
        table.end_sign_in(session, token_hash(token), clock.now())


def forget_old(clock: Clock) -> None:
    """Delete failures, links and sign-ins that ended more than 30 days ago."""
    with write() as session:
        table.forget_before(session, clock.now() - timedelta(days=30))


def clean_up(now: datetime) -> int:
    """Drop sign-ins a month after they ended or ran out; how many."""
    with write() as session:
        return table.forget_sign_ins(session, now - timedelta(days=30))
