"""The contract agrees with the official specification, field by field, but for named deviations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.simulator.contract import Field, Operation, contract, validate_request

ROOT = Path(__file__).parents[2]
OFFICIAL = ROOT.parent / "shared" / "apis" / "zoho-books" / "openapi"
DEVIATIONS = ROOT / "app" / "simulator" / "contract" / "deviations.json"
OPERATIONS = sorted(contract("zoho_books").operations.values(), key=lambda op: op.id)
LENGTH = re.compile(r"(?i)max(?:imum)?[- ]?len(?:gth)?(?: is)?[^0-9a-z]{0,4}(\d+)")
SPEC_TYPES = {"id": "string", "date": "string", "timestamp": "string"}
needs_official = pytest.mark.skipif(not OFFICIAL.exists(), reason="the official files aren't beside this checkout")

Difference = tuple[str, str, str]  # operation, field, what differs


@cache
def official(name: str) -> Any:
    return yaml.load((OFFICIAL / f"{name}.yml").read_text("utf-8"), Loader=yaml.CSafeLoader)


def resolved(document: Any, node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def official_operation(operation: Operation) -> tuple[Any, Any]:
    document = official(operation.spec)
    shape = re.sub(r"{\w+}", "{}", operation.path)
    for path, item in document["paths"].items():
        if re.sub(r"{\w+}", "{}", path) == shape and operation.method.lower() in item:
            found = item[operation.method.lower()]
            shared = item.get("parameters", [])
            return document, {**found, "parameters": [*shared, *found.get("parameters", [])]}
    raise AssertionError(f"{operation.method} {operation.path} isn't in {operation.spec}.yml")


def differences(operation: Operation) -> Iterator[Difference]:
    if not operation.spec:
        yield operation.id, "", "no official file at hand"
        return
    document, found = official_operation(operation)
    scope = found["security"][0]["Zoho_Auth"][0]
    if scope != operation.scope:
        yield operation.id, "", f"scope {scope}"
    yield from query_differences(operation, document, found)
    body = resolved(document, found.get("requestBody", {})).get("content", {})
    schema = body.get("application/json", {}).get("schema", {"properties": {}})
    yield from field_differences(operation.id, "", operation.body, document, schema)
    yield from answer_differences(operation, document, found)


def query_differences(operation: Operation, document: Any, found: Any) -> Iterator[Difference]:
    listed = [resolved(document, parameter) for parameter in found.get("parameters", [])]
    known = {parameter["name"]: parameter for parameter in listed if parameter["in"] == "query"}
    variants = set(re.findall(r"<code>(\w+)</code>", " ".join(str(p.get("description")) for p in listed)))
    for name, field in operation.query.items():
        if name not in known:
            if name not in variants:
                yield operation.id, f"?{name}", "unknown"
            continue
        kind = resolved(document, known[name].get("schema", {})).get("type")
        if kind != spec_type(field) and not (kind == "string" and field.type in ("number", "integer")):
            yield operation.id, f"?{name}", f"type {kind}"
        if bool(known[name].get("required")) != field.required:
            yield operation.id, f"?{name}", "required" if known[name].get("required") else "optional"
    missing = {name for name, parameter in known.items() if parameter.get("required")} - operation.query.keys()
    for name in sorted(missing):
        yield operation.id, f"?{name}", "required"


def field_differences(
    operation: str, prefix: str, fields: dict[str, Field], document: Any, schema: Any
) -> Iterator[Difference]:
    schema = resolved(document, schema)
    schema = resolved(document, schema.get("items", schema))
    properties, required = schema.get("properties", {}), schema.get("required", [])
    for name, field in fields.items():
        if name not in properties:
            yield operation, prefix + name, "unknown"
            continue
        official_field = resolved(document, properties[name])
        yield from one_field(operation, prefix, field, document, official_field)
        if (name in required) != field.required:
            yield operation, prefix + name, "required" if name in required else "optional"
    for name in required:
        if name not in fields:
            yield operation, prefix + name, "required"


def one_field(operation: str, prefix: str, field: Field, document: Any, found: Any) -> Iterator[Difference]:
    name = prefix + field.name
    kind = found.get("type")
    if kind == "array" and field.of and resolved(document, found["items"]).get("type") not in ("object", None):
        yield operation, name, f"array of {resolved(document, found['items'])['type']}"
        return
    if kind != spec_type(field) and not (field.type == "decimal" and kind in ("string", "number")):
        yield operation, name, f"type {kind}"
    length = LENGTH.search(found.get("description") or "")
    stated = int(length[1]) if length else found.get("maxLength")
    if stated != field.max_length and not field.type.startswith("one of "):
        yield operation, name, f"max_length {stated}"
    if field.of:
        yield from field_differences(operation, f"{name}.", field.of, document, found)


def answer_differences(operation: Operation, document: Any, found: Any) -> Iterator[Difference]:
    answers = [resolved(document, found["responses"][code]) for code in ("200", "201") if code in found["responses"]]
    schema = answers[0]["content"]["application/json"]["schema"] if "content" in answers[0] else {}
    for path in operation.answer:
        node = schema
        for part in path.replace("[]", "").split("."):
            node = resolved(document, node)
            node = resolved(document, node.get("items", node)).get("properties", {}).get(part)
            if node is None:
                yield operation.id, f"-> {path}", "unknown"
                break


def spec_type(field: Field) -> str:
    if field.type.startswith("one of "):
        return "string"
    if field.of:
        return field.type
    return SPEC_TYPES.get(field.type, field.type)


def deviations() -> dict[Difference, tuple[str, str]]:
    table = json.loads(DEVIATIONS.read_text("utf-8"))["deviations"]
    return {
        (operation, row["field"], row["official"]): (row["source"], row["reason"])
        for row in table
        for operation in row["operations"]
    }


@needs_official
def test_contract_differs_from_the_official_files_only_where_named() -> None:
    found = {difference for operation in OPERATIONS for difference in differences(operation)}
    assert found - deviations().keys() == set()


@needs_official
def test_no_deviation_is_named_that_is_not_needed() -> None:
    found = {difference for operation in OPERATIONS for difference in differences(operation)}
    assert deviations().keys() - found == set()


def test_every_deviation_names_its_source_and_reason() -> None:
    assert all(source and len(reason) > 10 for source, reason in deviations().values())


@pytest.mark.parametrize("platform", ["zoho_books", "zoho_accounts", "hitpay"])
def test_every_error_code_of_an_operation_is_explained(platform: str) -> None:
    whole = contract(platform)
    assert {code for operation in whole.operations.values() for code in operation.errors} <= whole.errors.keys()


def test_request_that_agrees_has_no_problems() -> None:
    body = {"customer_id": "1", "line_items": [{"item_id": "2", "rate": 5}]}
    assert validate_request(contract("zoho_books")["create_invoice"], {"organization_id": "7"}, body) == []


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({"customer_id": "1", "line_items": []}, "missing", "line_items"),
        ({"customer_id": "1", "line_items": [{"item_id": "2"}], "customer_name": "Ann"}, "unknown", "customer_name"),
        ({"customer_id": "1", "line_items": [{"item_id": "2", "rate": "5.00"}]}, "type", "line_items.rate"),
        ({"customer_id": 1, "line_items": [{"item_id": "2"}]}, "type", "customer_id"),
        ({"customer_id": "1", "line_items": [{"item_id": "2"}], "date": "20 Nov"}, "type", "date"),
        ({"customer_id": "1", "line_items": [{"item_id": "2"}], "payment_terms": "15"}, "type", "payment_terms"),
        ({"customer_id": "1", "line_items": [{"item_id": "2"}], "notes": 5}, "type", "notes"),
        ({"customer_id": "1", "line_items": [{"item_id": "2", "name": "x" * 101}]}, "too_long", "line_items.name"),
    ],
)  # fmt: skip
def test_body_that_differs_is_named(body: Any, kind: str, field: str) -> None:
    problems = validate_request(contract("zoho_books")["create_invoice"], {"organization_id": "7"}, body)
    assert [(problem.kind, problem.field) for problem in problems] == [(kind, field)]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"organization_id": "7", "referense_number": "x"}, "unknown_query"),
        ({"organization_id": "7", "page": "two"}, "query_type"),
        ({"organization_id": "7", "last_modified_time": "2026-11-20T12:00:00"}, "query_type"),
        ({}, "missing_query"),
    ],
)
def test_query_that_differs_is_named(query: dict[str, str], kind: str) -> None:
    problems = validate_request(contract("zoho_books")["list_invoices"], query, None)
    assert [problem.kind for problem in problems] == [kind]
