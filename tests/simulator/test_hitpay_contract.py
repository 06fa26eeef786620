"""The HitPay contract against HitPay's own specification, minus the named deviations, and against the simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.simulator.clock import ManualClock
from app.simulator.contract import Field, Operation, contract
from app.simulator.server import create_simulator
from app.simulator.state import State
from app.simulator.webhooks import new_webhook
from app.simulator.world import World

OFFICIAL = Path(__file__).parents[3] / "shared" / "apis" / "hitpay"
OPERATIONS = list(contract("hitpay").operations.values())
Difference = tuple[str, str, str]


def deviations() -> list[dict[str, str]]:
    text = resources.files("app.simulator.contract").joinpath("hitpay_deviations.json").read_text("utf-8")
    found: list[dict[str, str]] = json.loads(text)
    return found


def official_paths() -> dict[str, Any]:
    if not OFFICIAL.exists():
        pytest.skip("HitPay's specification files aren't ours to publish: ../shared/apis/hitpay is absent")
    files = [json.loads((OFFICIAL / "openapi.json").read_text("utf-8"))]
    files.append(yaml.safe_load((OFFICIAL / "payouts-partial.yaml").read_text("utf-8")))
    return {path: methods for file in files for path, methods in file["paths"].items()}


def test_the_contract_agrees_with_the_official_files_but_for_the_deviations() -> None:
    paths = official_paths()
    found = {difference for operation in OPERATIONS for difference in differences(operation, paths)}
    assert found == {(entry["operation"], entry["part"], entry["field"]) for entry in deviations()}


def test_every_deviation_is_named_once_with_source_and_reason() -> None:
    names = [(entry["operation"], entry["part"], entry["field"]) for entry in deviations()]
    assert len(names) == len(set(names))
    assert all(entry["source"] and entry["reason"] for entry in deviations())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_simulator_answers_every_field_the_contract_relies_on(operation: Operation) -> None:
    world = World(State(), ManualClock(datetime(2026, 3, 10, 4, tzinfo=UTC)))
    world.open_account("lumen", "Lumen", "key-1")
    charge = world.add_charge("lumen")
    world.change_charge(charge["id"], customer={"name": "Tan Wei Ling", "email": "a@example.com", "phone_number": None})
    refund, payout = world.refund(charge["id"]), world.pay_out("lumen")
    given = {"name": "Tieout", "url": "http://127.0.0.1/webhooks", "event_types": ["charge.created"]}
    webhook = new_webhook(world.state, world.account("lumen"), given, world.clock.now())
    path = operation.path.format(
        charge_id=charge["id"], refund_id=refund["id"], payout_id=payout["id"], webhook_event_id=webhook["id"]
    )
    client = create_simulator(world.state, world.clock, "http://simulator.test").test_client()
    headers = {"X-BUSINESS-API-KEY": "key-1", "Accept": "application/json"}
    body = given if operation.body else None
    answer = client.open(f"/hitpay/v1{path}", method=operation.method, headers=headers, json=body).get_json()
    assert [name for name in operation.answer if not has(answer, name)] == []


def differences(operation: Operation, paths: dict[str, Any]) -> Iterator[Difference]:
    """Where our operation says other than the official one: (operation, query | values | answer, field)."""
    official = paths[f"/v1{operation.path}"][operation.method.lower()]
    known = {entry["name"]: entry["schema"] for entry in official["parameters"] if entry["in"] == "query"}
    for field in operation.query.values():
        schema = known.get(field.name)
        if schema is None or schema["type"] not in types_of(field):
            yield (operation.id, "query", field.name)
        if words_of(field) != enum_of(known.get(field.name.removesuffix("[]"), {})):
            yield (operation.id, "values", field.name)
    asked = official.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    for field in operation.body.values():
        schema = asked.get("properties", {}).get(field.name)
        if schema is None or schema["type"] not in types_of(field) or words_of(field) != enum_of(schema):
            yield (operation.id, "body", field.name)
    responses = official.get("responses", {})
    answered = responses.get("200", responses.get("201", {})).get("content", {}).get("application/json", {})
    for name in operation.answer:
        if not specified(answered.get("schema", {}), name):
            yield (operation.id, "answer", name)


def types_of(field: Field) -> tuple[str, ...]:
    if field.type.startswith("array of "):
        return ("array",)
    if field.type.startswith("one of "):
        return ("string", "integer")
    return (field.type,) if field.type in ("integer", "number", "boolean") else ("string",)


def words_of(field: Field) -> set[str]:
    _, one_of, words = field.type.partition("one of ")
    return set(words.split("|")) if one_of else set()


def enum_of(schema: dict[str, Any]) -> set[str]:
    return set(schema.get("enum") or schema.get("items", {}).get("enum") or ())


def steps_of(name: str) -> list[str]:
    """`data[].customer.name` as the steps data, [], customer, name."""
    return [step for step in name.replace("[]", ".[]").split(".") if step]


def specified(schema: dict[str, Any], name: str) -> bool:
    for step in steps_of(name):
        inner = schema.get("items") if step == "[]" else schema.get("properties", {}).get(step)
        if inner is None:
            return False
        schema = inner
    return True


def has(answer: Any, name: str) -> bool:
    for step in steps_of(name):
        if step == "[]":
            answer = answer[0]
        elif not isinstance(answer, dict) or step not in answer:
            return False
        else:
            answer = answer[step]
    return True
