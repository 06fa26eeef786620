"""The one way out: timeouts, read-only retries, pacing, and the outcome of a call told in the words of the ports.

A read is repeated a few times while the trouble looks passing. A write is sent once: what happened to it is either
known (an answer that can be read), or it never left (Temporary), or nobody can say (InDoubt).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from secrets import SystemRandom
from typing import Any

import msgspec
import requests
import urllib3
from requests.adapters import BaseAdapter

from app.call_slots import CallSlots
from app.clock import Clock
from app.http_answer import Answer, Call, answer_of
from app.http_request import prepared
from app.http_transport import WatchedAdapter, body_of, never_sent
from app.http_watchdog import Watchdog
from app.ports import InDoubt, OutsideError, Refused, Temporary
from app.rate_governor import RateGovernor

__all__ = ["Answer", "Call", "HttpClient", "ProgrammingError"]

TIMEOUT: Any = urllib3.Timeout(connect=5.0, read=60.0)
TOTAL_SECONDS = 120.0
MOST_BYTES = 32 * 1024 * 1024
ATTEMPTS = 4
LONGEST_PAUSE = 30.0
"""A read waits this long for a `Retry-After`; beyond it, the caller is told to come back."""

_UNSENDABLE = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)
_dice = SystemRandom()


class ProgrammingError(RuntimeError):
    """A call was about to be made while a database transaction was open."""


class _Trouble(msgspec.Struct, frozen=True):
    """No answer. `what` completes a sentence that starts with the service's name."""

    what: str
    sent: bool
    sendable: bool = True


class HttpClient:
    """One session for all adapters. `calls_per_minute` holds for each key of a call; 0 sets no limit.

    `on_call` hears the key of every attempt just before it is sent, so that a run can count its calls; `on_date` hears
    the Date header of every answer that has one.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        in_transaction: Callable[[], bool],
        mounts: Mapping[str, BaseAdapter] | None = None,
        calls_per_minute: int = 80,
        on_call: Callable[[str], None] | None = None,
        on_date: Callable[[str], None] | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._clock = clock
        self._in_transaction = in_transaction
        self._governor = RateGovernor(clock, calls_per_minute)
        self._slots = CallSlots(clock)
        self._total_seconds = total_seconds
        self._watchdog = Watchdog(min(1.0, total_seconds / 10))
        self._session = _session(mounts or {}, WatchedAdapter(self._watchdog, total_seconds, MOST_BYTES))
        self._ways: dict[str, tuple[BaseAdapter, dict[str, Any]]] = {}
        self.on_call = on_call
        self._on_date = on_date

    def read(self, call: Call) -> Answer:
        """The answer to a GET: 2xx with JSON, or a 4xx for the adapter to judge.

        Temporary when it is unreachable, slow, broken or busy even after some repetitions.
        """
        started = self._clock.monotonic()
        for attempt in range(ATTEMPTS):
            outcome = self._send("GET", call)
            pause = self._pause(outcome, attempt)
            if pause is None or self._clock.monotonic() - started > self._total_seconds:
                break
            self._clock.sleep(pause)
        error = _read_error(call, outcome)
        if error:
            raise error
        return _known(outcome)

    def write(self, call: Call) -> Answer:
        """The answer to one send: JSON, 2xx or 4xx, for the adapter to judge.

        Temporary when not a byte left us or they said "too many calls"; InDoubt when nobody can say what happened.
        """
        outcome = self._send(call.method, call)
        error = _write_error(call, outcome)
        if error:
            raise error
        return _known(outcome)

    def await_turn(self, key: str) -> None:
        """Wait until the rate allows one more call of `key`, and keep that turn for this thread's next call of it.

        Whoever must not be held up between committing an intention and sending it waits here first.
        """
        self._governor.reserve(key)

    def ease_off(self, key: str) -> None:
        """They say that too many calls of `key` are under way at once: have fewer for a while."""
        self._slots.ease_off(key)

    def _send(self, method: str, call: Call) -> Answer | _Trouble:
        """One attempt. Never raises for what went wrong outside, so that no exception drags a URL or header along."""
        if self._in_transaction():
            raise ProgrammingError(f"{call.service} was about to be called inside a database transaction")
        self._governor.wait(call.key)
        with self._slots.one(call.key):
            return self._sent(method, call)

    def _sent(self, method: str, call: Call) -> Answer | _Trouble:
        if self.on_call:
            self.on_call(call.key)
        started = self._clock.monotonic()
        try:
            adapter, surroundings = self._way(call.url)
            with adapter.send(prepared(method, call), stream=True, timeout=TIMEOUT, **surroundings) as response:
                left = self._total_seconds - (self._clock.monotonic() - started)
                if self._on_date and (told := response.headers.get("Date")):
                    self._on_date(told)
                content = body_of(response, self._watchdog, left, MOST_BYTES)
                return answer_of(call, response.status_code, response.headers, content, self._clock.now)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            return _trouble(error)

    def _way(self, url: str) -> tuple[BaseAdapter, dict[str, Any]]:
        """The adapter, proxies and certificates for a host: asked for once, as asking is slow."""
        origin = "/".join(url.split("/", 3)[:3])
        found = self._ways.get(origin)
        if found is None:
            told = requests.Session().merge_environment_settings(url, {}, None, None, None)
            settings = {"proxies": dict(told["proxies"]), "verify": told["verify"]}
            found = self._ways[origin] = (self._session.get_adapter(url), settings)
        return found

    def _pause(self, outcome: Answer | _Trouble, attempt: int) -> float | None:
        """Seconds to wait before reading again, or None when there is no sense in it."""
        if attempt + 1 == ATTEMPTS:
            return None
        if isinstance(outcome, _Trouble):
            return _backoff(attempt) if outcome.sendable else None
        wait = outcome.retry_after
        if outcome.status == 429:
            return wait if wait is not None and wait <= LONGEST_PAUSE else None
        if not _passing(outcome):
            return None
        return _backoff(attempt) if wait is None else wait if wait <= LONGEST_PAUSE else None


def _session(mounts: Mapping[str, BaseAdapter], transport: BaseAdapter) -> requests.Session:
    """The adapters by prefix. Their library logs no addresses: they may hold a token."""
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    session = requests.Session()
    for prefix in ("https://", "http://"):
        session.mount(prefix, transport)
    for prefix, adapter in mounts.items():
        session.mount(prefix, adapter)
    return session


def _backoff(attempt: int) -> float:
    return float(2**attempt) * _dice.uniform(0.75, 1.25)


def _passing(answer: Answer) -> bool:
    """Whether an answer is of the kind that a repetition may mend."""
    return answer.status >= 500 or answer.status == 408 or (answer.ok and not answer.readable)


def _trouble(error: Exception) -> _Trouble:
    if isinstance(error, _UNSENDABLE):
        return _Trouble("can't be sent this request: it holds characters that don't belong there", False, False)
    if never_sent(error):
        return _Trouble("could not be reached", False)
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return _Trouble("did not answer in time", True)
    return _Trouble("broke off the connection", True)


def _known(outcome: Answer | _Trouble) -> Answer:
    if isinstance(outcome, _Trouble):
        raise TypeError("an outcome without an answer has no answer to give")
    return outcome


def _read_error(call: Call, outcome: Answer | _Trouble) -> OutsideError | None:
    who = call.service
    if isinstance(outcome, _Trouble):
        return Temporary(f"{who} {outcome.what}.") if outcome.sendable else _unsendable(who, outcome)
    if outcome.status == 429:
        return None if call.leave_429 and outcome.readable else _busy(who, outcome)
    if outcome.status >= 500 or outcome.status == 408:
        return Temporary(
            f"{who} has an error of its own (HTTP {outcome.status}).",
            detail=outcome.words,
            retry_after=outcome.retry_after,
        )
    if _passing(outcome):
        return Temporary(f"{who} gave an answer that can't be read.", detail=outcome.words)
    return None


def _write_error(call: Call, outcome: Answer | _Trouble) -> OutsideError | None:
    who, doubt = call.service, "so nobody can say yet whether it was done"
    if isinstance(outcome, _Trouble):
        if not outcome.sendable:
            return _unsendable(who, outcome)
        return InDoubt(f"{who} {outcome.what}, {doubt}.") if outcome.sent else Temporary(f"{who} {outcome.what}.")
    if outcome.status == 429:
        return None if call.leave_429 and outcome.readable else _busy(who, outcome)
    if outcome.status >= 500 or outcome.status == 408:
        return InDoubt(f"{who} had an error of its own (HTTP {outcome.status}), {doubt}.", detail=outcome.words)
    if not outcome.readable:
        return InDoubt(f"{who} gave an answer that can't be read, {doubt}.", detail=outcome.words)
    return None


def _busy(who: str, answer: Answer) -> Temporary:
    return Temporary(f"{who} asks for a pause: too many calls.", detail=answer.words, retry_after=answer.retry_after)


def _unsendable(who: str, trouble: _Trouble) -> Refused:
    return Refused(f"{who} {trouble.what}.", cause="invalid_request")
