"""The four errors that ports may raise, and what they share."""

from __future__ import annotations


class OutsideError(Exception):
    """Something outside went wrong. `str(error)` is one sentence for a bookkeeper, `detail` the vendor's own words."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Temporary(OutsideError):  # noqa: N818 - the design's own word
    """Nothing was done; the same may work later. `retry_after` in seconds, if they said so.

    `daily` is True when a day's quota is used up.
    """

    def __init__(
        self, message: str, *, detail: str = "", retry_after: float | None = None, daily: bool = False
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after = retry_after
        self.daily = daily


class Refused(OutsideError):  # noqa: N818
    """They understood and said no. `code` is the vendor's own, as text; `cause` one of our words for it, or ""."""

    def __init__(self, message: str, *, detail: str = "", code: str = "", cause: str = "") -> None:
        super().__init__(message, detail=detail)
        self.code = code
        self.cause = cause


class NotConnected(OutsideError):  # noqa: N818
    """The stored login doesn't work any more: a person must connect again."""


class InDoubt(OutsideError):  # noqa: N818
    """A write was sent and nobody can say whether it was done."""
