"""Rules of the commands."""

from __future__ import annotations

import json

from flask import Flask

GOOD = "seven quiet copper kettles"


def test_user_create_reads_the_password_from_standard_input(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["user", "create", "Owner@example.com", "--password-stdin", "--json"],
                                          input=GOOD + "\n")  # fmt: skip
    assert (result.exit_code, json.loads(result.stdout)) == (
        0,
        {"id": 1, "email": "owner@example.com", "role": "owner"},
    )


def test_user_create_without_a_password_is_wrong_usage(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["user", "create", "owner@example.com"]).exit_code == 2


def test_user_create_refuses_a_weak_password_in_words(app: Flask) -> None:
    runner = app.test_cli_runner()
    result = runner.invoke(args=["user", "create", "owner@example.com", "--password-stdin"], input="short\n")
    assert result.exit_code == 2
    assert "at least 12 characters" in result.stderr


def test_user_create_for_an_unknown_business_makes_nobody(app: Flask) -> None:
    runner = app.test_cli_runner()
    args = ["user", "create", "reader@example.com", "--role", "accountant", "--business", "nowhere", "--password-stdin"]
    assert runner.invoke(args=[*args, "--json"], input=GOOD).exit_code == 2
    assert runner.invoke(args=["user", "create", "reader@example.com", "--password-stdin"], input=GOOD).exit_code == 0
