"""The compact contract: what the platforms' interfaces accept and answer, as far as it is ever called.

One JSON file per platform, `<platform>.json`:

    {"platform": "zoho_books", "source": "...", "errors": {"<code>": [<http status>, "<meaning>"]},
     "common_query": {"organization_id": "id!"},  added to every operation but those with "common": false; optional
     "operations": [
       {"id": "create_invoice",                    unique within the platform
        "method": "POST", "path": "/invoices/{invoice_id}",
        "spec": "invoices",                         the vendor's specification file, without its ending; optional
        "scope": "ZohoBooks.invoices.CREATE",       optional
        "query": {"page": "integer", ...},          query parameters; others are recorded as violations
        "body": {"customer_id": "id!", ...},        fields of a JSON (or form) body; others are refused
        "answer": ["invoice.invoice_id", "invoices[].total"],   fields a client may rely on
        "errors": ["1001"]}]}                       codes of its own, beside those every operation may answer

A field is described by a short text, `<type>[!][ <=<length>]`. `!` means required. Types: `string`, `id` (text
of digits), `date` (`yyyy-MM-dd`), `timestamp` (ISO 8601 with an offset), `integer`, `number`, `decimal` (a number,
or text holding one), `boolean`, `any`, `array of <type>`; or one of fixed words, `one of a|b|c` (required:
`one of! a|b|c`). An array of objects is `{"is": "array!", "of": {<fields>}}`, an object
`{"is": "object", "of": {<fields>}}`.
Two operations may share method and path; then `"when": {"<parameter>": "<value>"}` tells them apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from app.simulator.contract.values import fits

Fields = dict[str, "Field"]
_SHAPE = re.compile(r"(?P<type>.+?)(?P<required>!)?(?: <=(?P<length>\d+))?$")


@dataclass(frozen=True)
class Field:
    """A query parameter or body field. `of` holds the fields of an object or of an array's objects."""

    name: str
    type: str
    required: bool = False
    max_length: int | None = None
    of: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One call of a platform's interface."""

    platform: str
    id: str
    method: str
    path: str
    spec: str
    scope: str
    query: Fields
    body: Fields
    answer: tuple[str, ...]
    errors: tuple[str, ...]
    when: Mapping[str, str]


@dataclass(frozen=True)
class Contract:
    """Everything called at one platform. `errors` maps a code to its HTTP status and meaning."""

    platform: str
    operations: Mapping[str, Operation]
    errors: Mapping[str, tuple[int, str]]

    def __getitem__(self, operation: str) -> Operation:
        return self.operations[operation]


@dataclass(frozen=True)
class Problem:
    """What is wrong with a request.

    `kind` is unknown_query, query_type, missing_query, unknown, type, too_long or missing.
    """

    kind: str
    field: str
    detail: str


@cache
def contract(platform: str) -> Contract:
    """The contract of a platform. Raises FileNotFoundError for one without a file."""
    text = resources.files(__name__).joinpath(f"{platform}.json").read_text("utf-8")
    raw = json.loads(text)
    common = raw.get("common_query", {})
    operations = [_operation(raw["platform"], entry, common) for entry in raw["operations"]]
    errors = {code: (int(status), str(meaning)) for code, (status, meaning) in raw["errors"].items()}
    return Contract(raw["platform"], {op.id: op for op in operations}, errors)


def validate_request(operation: Operation, query: Mapping[str, str], body: Any) -> list[Problem]:
    """Everything in which a request differs from the contract; empty when it agrees. `body` None: none was sent."""
    problems = list(_query_problems(operation, query))
    if body is None:
        body = {}
    if not isinstance(body, dict):
        return [*problems, Problem("type", "body", "the body isn't a JSON object")]
    return problems + _object_problems(operation.body, body, "")


def _query_problems(operation: Operation, query: Mapping[str, str]) -> list[Problem]:
    problems = []
    for name, value in query.items():
        known = operation.query.get(name)
        if known is None:
            problems.append(Problem("unknown_query", name, f"unknown query parameter {name}"))
        elif not fits(known.type, value, text=True):
            problems.append(Problem("query_type", name, f"{name} isn't {known.type}: {value!r}"))
    missing = [f.name for f in operation.query.values() if f.required and f.name not in query]
    return problems + [Problem("missing_query", name, f"{name} is missing") for name in missing]


def _object_problems(fields: Fields, body: Mapping[str, Any], prefix: str) -> list[Problem]:
    problems = []
    for name, value in body.items():
        known = fields.get(name)
        if known is None:
            problems.append(Problem("unknown", prefix + name, f"unknown field {prefix}{name}"))
        else:
            problems += _value_problems(known, value, prefix)
    missing = [f.name for f in fields.values() if f.required and body.get(f.name) in (None, "", [])]
    return problems + [Problem("missing", prefix + name, f"{prefix}{name} is missing") for name in missing]


def _value_problems(known: Field, value: Any, prefix: str) -> list[Problem]:
    name = prefix + known.name
    if known.of:
        return _nested_problems(known, value, name)
    if not fits(known.type, value, text=False):
        return [Problem("type", name, f"{name} isn't {known.type}: {value!r}")]
    if known.max_length is not None and isinstance(value, str) and len(value) > known.max_length:
        return [Problem("too_long", name, f"{name} has {len(value)} characters, {known.max_length} are allowed")]
    return []


def _nested_problems(known: Field, value: Any, name: str) -> list[Problem]:
    objects = value if known.type == "array" else [value]
    if not isinstance(objects, list) or not all(isinstance(entry, dict) for entry in objects):
        return [Problem("type", name, f"{name} isn't {known.type} of objects")]
    return [problem for entry in objects for problem in _object_problems(known.of, entry, f"{name}.")]


def _operation(platform: str, raw: Mapping[str, Any], common: Mapping[str, Any]) -> Operation:
    query = {**(common if raw.get("common", True) else {}), **raw.get("query", {})}
    return Operation(
        platform=platform,
        id=raw["id"],
        method=raw["method"],
        path=raw["path"],
        spec=raw.get("spec", ""),
        scope=raw.get("scope", ""),
        query=_fields(query),
        body=_fields(raw.get("body", {})),
        answer=tuple(raw.get("answer", ())),
        errors=tuple(raw.get("errors", ())),
        when=raw.get("when", {}),
    )


def _fields(raw: Mapping[str, Any]) -> Fields:
    return {name: _field(name, value) for name, value in raw.items()}


def _field(name: str, raw: str | Mapping[str, Any]) -> Field:
    of = {} if isinstance(raw, str) else _fields(raw["of"])
    text = raw if isinstance(raw, str) else str(raw["is"])
    shape = _SHAPE.match(text.replace("one of! ", "one of ") + ("!" if text.startswith("one of! ") else ""))
    if shape is None:
        raise ValueError(f"field {name} is described by {raw!r}")
    length = shape["length"]
    return Field(name, shape["type"], shape["required"] is not None, int(length) if length else None, of)
