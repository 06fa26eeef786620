"""Messages: a letter as text and as HTML that says the same, its style written onto each element."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.domain.letters import Letter

_FOLDER = Path(__file__).resolve().parents[2] / "templates" / "email"
LONGEST_SUBJECT = 200
_WIRE = SMTP.clone(cte_type="7bit")  # not every server on the way carries 8-bit text


def message(sender: str, recipient: str, message_id: str, letter: Letter) -> EmailMessage:
    """The mail as it travels; ValueError for an address or a header that holds a line break."""
    for header in (recipient, message_id):
        if not header.isprintable() or not header.isascii():
            raise ValueError(f"{header!r} can't stand in a header")
    made = EmailMessage(policy=_WIRE)
    made["From"] = Address(display_name="Tieout", addr_spec=sender)
    made["To"] = Address(addr_spec=recipient)
    made["Subject"] = one_line(letter.subject)
    made["Message-ID"] = message_id
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text_of(letter))
    made.add_alternative(html_of(letter), subtype="html")
    return made


def one_line(words: str) -> str:
    """Words of others made fit for a header: no line breaks, nothing that can't be seen, not endless."""
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())[:LONGEST_SUBJECT]


def text_of(letter: Letter) -> str:
    """The letter as plain text."""
    return _templates().get_template("letter.txt").render(letter=letter)


def html_of(letter: Letter) -> str:
    """The letter as HTML; nothing is fetched, neither now nor by whoever reads it."""
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True).inline(
        _templates().get_template("letter.html").render(letter=letter)
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
