"""A mail server for tests: a real one on loopback that keeps what it takes, and can be down, busy or strict."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


@dataclass(frozen=True)
class Received:
    """One mail as it arrived."""

    recipient: str
    message: EmailMessage
    raw: str

    @property
    def subject(self) -> str:
        """As a reader sees it: a long one may begin on a line of its own, behind the blank that folding asks for."""
        return str(self.message["Subject"]).lstrip()

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())


@dataclass
class Mailbox:
    """Every mail that was taken, in order. `answer` is given to each mail instead of taking it; `refused` recipients
    are turned away for good."""

    port: int
    received: list[Received] = field(default_factory=list)
    answer: str = ""
    refused: set[str] = field(default_factory=set)
    tried: int = 0
    _server: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.received]

    @property
    def everything(self) -> str:
        """All that ever arrived, decoded and as it travelled."""
        return "\n".join(f"{mail.raw}\n{mail.subject}\n{mail.text}\n{mail.html}" for mail in self.received)

    def up(self, **options: Any) -> None:
        """Listen (again)."""
        self._server = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._server.start()

    def down(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.stop()
        self._server = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.tried += 1
        if self.answer:
            return self.answer
        message = email.message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
        assert isinstance(message, EmailMessage)
        for recipient in envelope.rcpt_tos:
            self.received.append(Received(recipient, message, envelope.content.decode("ascii")))
        return "250 taken"


@contextmanager
def open_mailbox(**options: Any) -> Iterator[Mailbox]:
    """A mail server that listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
    mailbox = Mailbox(port)
    mailbox.up(**options)
    try:
        yield mailbox
    finally:
        mailbox.down()
