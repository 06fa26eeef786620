"""SMTP: one mail a connection, and what the server's answer means (RFC 5321: 4xx try later, 5xx never)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import msgspec

from app.domain.letters import Letter
from app.mail.messages import message
from app.ports import OutsideError, Refused, Temporary

TIMEOUT = 15.0
_PORTS = {"smtp": 587, "smtps": 465}


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where mails are handed over. `tls` is `starttls`, `implicit` or `none`."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""


def server_of(url: str) -> Server:
    """`smtp://user:password@host:587` (STARTTLS) or `smtps://...` (TLS from the start); ValueError says what is wrong.

    `smtp://host:25?tls=none` sends in the clear, for a server on the same machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("It must look like smtp://user:password@mail.example.com:587, or smtps:// for port 465.")
    if parts.query not in ("", "tls=none") or parts.path not in ("", "/"):
        raise ValueError("After the port it takes nothing but ?tls=none.")
    if parts.scheme == "smtps" and parts.query:
        raise ValueError("smtps:// is TLS, so it can't be combined with ?tls=none.")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("It needs both a user and a password, or neither.")
    return Server(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        tls="implicit" if parts.scheme == "smtps" else ("none" if parts.query else "starttls"),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class SmtpMailer:
    """The Mailer over SMTP. Without a URL nothing is configured and nothing is sent."""

    def __init__(self, url: str, sender: str, public_host: str, trust: ssl.SSLContext | None = None) -> None:
        self._server = server_of(url) if url else None
        self._domain = sender.rpartition("@")[2] or public_host
        self._sender = sender or f"tieout@{public_host}"
        self._trust = trust

    @property
    def configured(self) -> bool:
        return self._server is not None

    @property
    def domain(self) -> str:
        return self._domain

    def send(self, recipient: str, message_id: str, letter: Letter) -> str:
        """Hand one mail over; what the server answered."""
        if self._server is None:
            raise Temporary("No mail server is set up.")
        try:
            made = message(self._sender, recipient, message_id, letter)
        except ValueError as error:
            raise Refused("The address can't stand in a mail.", detail=str(error), cause="address") from error
        try:
            with self._connected(self._server) as line:
                return self._handed_over(line, recipient, made.as_bytes())
        except OutsideError:
            raise
        except smtplib.SMTPAuthenticationError as error:
            raise Temporary("The mail server doesn't accept user and password.", detail=_words(error)) from None
        except smtplib.SMTPResponseException as error:
            raise Temporary("The mail server turned us away.", detail=_words(error)) from None
        except (smtplib.SMTPException, OSError) as error:  # time-outs, names, TLS, a line that broke
            raise Temporary("The mail server could not be reached.", detail=type(error).__name__) from None

    def _connected(self, server: Server) -> smtplib.SMTP:
        context = self._trust or ssl.create_default_context()
        if server.tls == "implicit":
            line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        try:
            if server.tls == "starttls":
                line.starttls(context=context)
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line

    def _handed_over(self, line: smtplib.SMTP, recipient: str, body: bytes) -> str:
        """Sender, recipient and text, each answered by the server; the last answer."""
        line.ehlo_or_helo_if_needed()
        code, words = 0, ""
        steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: line.mail(self._sender),
            lambda: line.rcpt(recipient),
            lambda: line.data(body),
        )
        for step in steps:
            code, told = step()
            words = told.decode(errors="replace")[:300]
            if code >= 500:
                raise Refused("The mail server refuses this mail.", detail=f"{code} {words}", code=str(code))
            if code >= 400:
                raise Temporary("The mail server doesn't take this mail now.", detail=f"{code} {words}")
        return f"{code} {words}"


def _words(error: smtplib.SMTPResponseException) -> str:
    told = error.smtp_error
    return f"{error.smtp_code} {told.decode(errors='replace') if isinstance(told, bytes) else told}"[:300]
