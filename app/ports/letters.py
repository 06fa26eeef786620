"""Where mails and pings go."""

from __future__ import annotations

from typing import Protocol

from app.domain.letters import Letter


class Mailer(Protocol):
    """The mail server of this install; nothing is sent unless one is configured."""

    @property
    def configured(self) -> bool: ...

    @property
    def domain(self) -> str:
        """The right-hand side of the Message-IDs."""
        ...

    def send(self, recipient: str, message_id: str, letter: Letter) -> str:
        """Hand one mail over; what the server answered.

        Temporary: not taken now (4xx, time-out, not reached, or the server turns our own login down). Refused: never
        for this recipient (5xx).
        """
        ...


class Pinger(Protocol):
    """Calls the address of a dead man's switch."""

    def check(self, url: str) -> str:
        """Why `url` can't be used, in a sentence; "" if it can."""
        ...

    def ping(self, url: str, kind: str) -> None:
        """One call: `kind` is start, success or fail. Temporary or Refused tells why it didn't arrive."""
        ...
