"""Zoho's envelope: answers, refusals, and JSON in which money never passes through a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from flask import Response

Answer = tuple[int, dict[str, Any]]
_ENCODE = msgspec.json.Encoder(decimal_format="number")
_DECODE = msgspec.json.Decoder(float_hook=Decimal)


class ZohoError(Exception):
    """A refusal as Zoho words it: HTTP status, code, message."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.code, self.message, self.status = code, message, status


def invalid(field: str) -> ZohoError:
    """The refusal of a field's value."""
    return ZohoError(2, f"Invalid value passed for {field}")


def missing(noun: str) -> ZohoError:
    """The refusal of an id that isn't there (any more)."""
    return ZohoError(1002, f"{noun} does not exist.", 404)


def ok(message: str = "success", status: int = 200, **content: Any) -> Answer:
    """A success: code 0, a message, and the resource under its key."""
    return status, {"code": 0, "message": message, **content}


def respond(answer: Answer) -> Response:
    status, content = answer
    return Response(_ENCODE.encode(content), status=status, mimetype="application/json")


def refuse(error: ZohoError) -> Response:
    return respond((error.status, {"code": error.code, "message": error.message}))


def read_json(body: bytes) -> Any:
    """The JSON in a body, numbers with a point as Decimal. Raises ZohoError 1038 for anything else."""
    try:
        return _DECODE.decode(body)
    except msgspec.DecodeError as error:
        raise ZohoError(1038, "JSON is not well formed") from error


def text_of(amount: Decimal) -> str:
    """An amount as Zoho writes it in texts: no trailing noughts ("10000", "40.6")."""
    plain = f"{amount:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
