"""Commands: thin doors to services. Exit status 0 fine, 1 something held or failed, 2 usage."""

from __future__ import annotations

import json
import sys

import click
from flask import Flask
from flask.cli import AppGroup

from app.services import people
from app.services.refusals import Refusal
from app.services.roles import ROLES
from app.web.outside import outside

user = AppGroup("user", help="People who may sign in.")


def register(app: Flask) -> None:
    """Attach every command."""
    app.cli.add_command(user)


@user.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@click.option("--business", default="", metavar="SLUG", help="Only in this business; an owner is one in all.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def create_user(email: str, role: str, business: str, password_stdin: bool, as_json: bool) -> None:
    """Make a person with EMAIL who may sign in."""
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        person = people.create_user(outside().clock, email, password, role, business)
    except Refusal as refusal:
        answer(as_json, {"error": refusal.sentence, "fields": list(refusal.problems)}, refusal.sentence, error=True)
        raise SystemExit(2) from refusal
    answer(as_json, {"id": person.id, "email": person.email, "role": role}, f"{person.email} may sign in as {role}.")


def answer(as_json: bool, data: object, sentence: str, *, error: bool = False) -> None:
    """Print `data` as JSON, or `sentence` for people (to standard error when it tells of one)."""
    click.echo(json.dumps(data) if as_json else sentence, err=error and not as_json)
