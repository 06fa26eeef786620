"""What an address may carry, made harmless: marks of pages and words searched for."""

from __future__ import annotations

import re

from flask import request

_MARK = re.compile(r"(\d{4}-\d\d-\d\d\.)?\d{1,18}", re.ASCII)

ROW = "int(max=9223372036854775807)"
"""The converter of row numbers in addresses: a greater one is no page, not an error of the database."""


def mark(name: str) -> str:
    """The page mark in the query, "" if it is none."""
    given = request.args.get(name, "")
    return given if _MARK.fullmatch(given) else ""


def words(name: str, longest: int = 120) -> str:
    """Searched words in the query, without what no record holds."""
    return "".join(letter for letter in request.args.get(name, "") if letter.isprintable()).strip()[:longest]
