"""Whether a value has the type a contract names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any


def fits(kind: str, value: Any, *, text: bool) -> bool:
    """True if `value` is of the contract's type `kind`. `text` for query and form values, where all is text.

    None passes for every type: vendors read it as "not given".
    """
    if value is None or kind == "any":
        return True
    if kind.startswith("array of "):
        inner = kind.removeprefix("array of ")
        return isinstance(value, list) and all(fits(inner, entry, text=text) for entry in value)
    if kind.startswith("one of "):
        return value in kind.removeprefix("one of ").split("|")
    return (_AS_TEXT if text else _AS_JSON)[kind](value)


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_timestamp(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_digits(value: Any) -> bool:
    return isinstance(value, str) and (value == "" or value.isdecimal())


def _is_number_text(value: Any) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_SAME: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "id": _is_digits,
    "date": _is_date,
    "timestamp": _is_timestamp,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}
_AS_JSON = _SAME | {
    "integer": _is_integer,
    "number": _is_number,
    "decimal": lambda value: _is_number(value) or _is_number_text(value),
    "boolean": lambda value: isinstance(value, bool),
}
_AS_TEXT = _SAME | {
    "integer": lambda value: bool(re.fullmatch(r"-?\d+", value)),
    "number": _is_number_text,
    "decimal": _is_number_text,
    "boolean": lambda value: value in ("true", "false"),
}
