"""What HitPay answers instead of data: `{"message": ...}`, and `errors` by field on 422 (HitPay OpenAPI)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake
    """An answer that isn't the data asked for: HTTP status, JSON body and headers."""

    def __init__(self, status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body["message"])
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def invalid(errors: dict[str, list[str]]) -> Refusal:
    """422 that names every field; the message is the first sentence and a count of the others."""
    sentences = [sentence for found in errors.values() for sentence in found]
    more = len(sentences) - 1
    rest = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
    return Refusal(422, {"message": sentences[0] + rest, "errors": errors})


def missing(model: str, key: str) -> Refusal:
    """404 in the words of the published sample; `model` as HitPay's own class is called, such as Charge."""
    return Refusal(404, {"message": f"No query results for model [App\\Business\\{model}] {key}"})


def unauthenticated() -> Refusal:
    return Refusal(401, {"message": "Unauthenticated."})


def too_many(retry_after: int) -> Refusal:
    """429; HitPay publishes no figures, `Retry-After` in seconds is what the simulator adds."""
    return Refusal(429, {"message": "Too Many Attempts."}, {"Retry-After": str(retry_after)})
