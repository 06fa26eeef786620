"""What the program says of itself: one line an event on standard error, with every secret struck out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

STRUCK = "[secret]"

_SECRET_NAMES = re.compile(
    r"token|secret|password|passwd|api_?key|encryption_?key|authorization|cookie|salt|signature|^code$|^state$", re.I
)
_SECRET_VALUES = (
    # Zoho's grant, access and refresh tokens all begin with 1000. (Zoho accounts, OAuth guide).
    re.compile(r"1000\.[0-9a-zA-Z._-]{16,}"),
    re.compile(r"(?i)(?<=zoho-oauthtoken )\S+|(?<=bearer )\S+|(?<=basic )[A-Za-z0-9+/=]{8,}"),
    re.compile(r"(?i)(?<=login/link/)[\w-]{16,}|(?<=setup\?token=)[\w-]+"),
    re.compile(r"""(?i)(?:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=code=))[^\s&"']+"""),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
)
_QUIET = {
    "apscheduler.executors": logging.WARNING,
    "apscheduler.scheduler": logging.WARNING,
    "alembic": logging.WARNING,
    "gunicorn.access": logging.WARNING,
}
_PLAIN_FIELDS = frozenset({"event", "level", "logger", "timestamp"})


def configure(level: str = "INFO") -> None:
    """Send everything that is logged to standard error: plain lines on a terminal, JSON lines elsewhere.

    May be called again; the last level counts.
    """
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    root = logging.getLogger()
    root.setLevel(level)
    if not any(isinstance(handler, _Console) for handler in root.handlers):
        root.addHandler(_Console())
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, root.level))
    busy = logging.getLogger("apscheduler.scheduler")
    if _not_merely_busy not in busy.filters:
        busy.addFilter(_not_merely_busy)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Strike out every value whose name says that it is secret, and whatever looks like a secret within a text."""
    for name, value in event.items():
        event[name] = STRUCK if _named_secret(name) and value else _without_secrets(value)
    return event


def scrubbed(text: str) -> str:
    """A text with whatever looks like a secret struck out, for pages and mails that quote others."""
    return str(_without_secrets(text))


def _named_secret(name: str) -> bool:
    return name not in _PLAIN_FIELDS and _SECRET_NAMES.search(name) is not None


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        for shape in _SECRET_VALUES:
            value = shape.sub(STRUCK, value)
        return value
    if isinstance(value, Mapping):
        return {name: STRUCK if _named_secret(str(name)) else _without_secrets(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(one) for one in value]
    return value


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]


class _Console(logging.Handler):
    """Writes to whatever standard error is at the moment of writing: test runners and servers replace it."""

    def __init__(self) -> None:
        super().__init__()
        self._formats = {
            True: _formatter([structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]),
            False: _formatter([structlog.processors.JSONRenderer()]),
        }

    def emit(self, record: logging.LogRecord) -> None:
        stream: TextIO = sys.stderr
        try:
            stream.write(self._formats[stream.isatty()].format(record) + "\n")
            stream.flush()
        except Exception:  # what can't be logged must not stop the work
            self.handleError(record)


def _formatter(last: list[Processor]) -> logging.Formatter:
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[remove, structlog.processors.format_exc_info, redact, *last],
    )


def _not_merely_busy(record: logging.LogRecord) -> bool:
    """Drop "maximum number of running instances reached": a tick that finds its job still at work is meant."""
    return "maximum number of running instances" not in record.getMessage()
