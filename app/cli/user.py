"""`flask user ...`: people who may sign in."""

from __future__ import annotations

import sys

import click

from app.cli.answering import USAGE, Commands, answer, as_json_option, fail, outside
from app.services.people import people
from app.services.people.roles import ROLES
from app.services.refusals import Refusal

commands = Commands("user", help="People who may sign in.")


@commands.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@click.option("--business", default="", metavar="SLUG", help="Only in this business; an owner is one in all.")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
@as_json_option
def create(email: str, role: str, business: str, password_stdin: bool, as_json: bool) -> None:
    """Make a person with EMAIL who may sign in."""
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        person = people.create_user(outside().clock, email, password, role, business)
    except Refusal as refusal:
        fail(as_json, refusal.sentence, USAGE, fields=list(refusal.problems))
    answer(as_json, {"id": person.id, "email": person.email, "role": role}, f"{person.email} may sign in as {role}.")
