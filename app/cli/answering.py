"""How every command answers: JSON for machines or a sentence for people, and an exit status that tells the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn, cast

import click
from flask import current_app
from flask.cli import AppGroup

from app.config import Config
from app.services import readiness
from app.services.business import businesses
from app.services.business.businesses import BusinessView
from app.services.outside import Outside

FINE, ATTENTION, USAGE = 0, 1, 2

as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


class Commands(AppGroup):
    """A noun's commands: what stops them all is said in one sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = readiness.sentence_for(error)
            if not sentence:
                raise
            raise click.ClickException(sentence) from None


def outside() -> Outside:
    """The outside world the application was built with."""
    return cast("Outside", current_app.extensions["outside"])


def config() -> Config:
    """The configuration the application was built with."""
    return cast("Config", current_app.extensions["config"])


def answer(as_json: bool, data: object, text: str) -> None:
    """Print `data` as JSON, or `text` for people."""
    click.echo(json.dumps(data) if as_json else text)


def fail(as_json: bool, sentence: str, status: int, **more: object) -> NoReturn:
    """Say what is wrong (people read it on standard error) and end with `status`."""
    click.echo(json.dumps({"error": sentence, **more}) if as_json else sentence, err=not as_json)
    raise SystemExit(status)


def business_of(as_json: bool, slug: str) -> BusinessView:
    """The business of this address part; ends the command as wrong usage if there is none."""
    found = businesses.by_slug(slug)
    if found is None:
        known = ", ".join(one.slug for one in businesses.every()) or "none yet"
        fail(as_json, f"There is no business {slug!r}. Known: {known}.", USAGE)
    return found


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> str:
    """Lines of aligned columns under their heads; the columns `right` are set flush right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    lines = [heads, tuple("-" * width for width in widths), *rows]
    return "\n".join(
        "  ".join(
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )
