"""What Zoho's error codes and words mean: one of our causes, and a sentence that says what to do.

Sources: Zoho Books v3 errors page and API limits; codes of the sibling product Zoho Invoice; live clients. No code is
known for a locked period, something inactive or a missing tax, so there the words of the message choose the hint.
"""

from __future__ import annotations

import re

from app.http_client import Answer
from app.ports import InDoubt, NotConnected, OutsideError, Refused, Temporary

SERVICE = "Zoho Books"

_BY_CODE = {
    "2": ("invalid_value", "Zoho Books doesn't accept one of the values: its own words name which."),
    "5": ("invalid_request", "Zoho Books doesn't know the address that was called. Please report this."),
    "57": (
        "missing_permission",
        "The Zoho Books login lacks a permission that this needs. Reconnect, and accept everything Zoho asks for.",
    ),
    "1001": ("exists", "Zoho Books already has a record of this number or name."),
    "1002": ("missing", "What this refers to doesn't exist in Zoho Books any more."),
    "1038": ("invalid_request", "Zoho Books couldn't read what was sent. Please report this."),
    "3004": ("customer", "Zoho Books doesn't accept the customer. See that it is active and has the right currency."),
    "3013": ("customer", "Zoho Books doesn't accept the customer's name."),
    "3062": ("exists", "Zoho Books already has a contact of this name."),
    "4001": ("has_payments", "The invoice has payments. Remove them in Zoho Books first."),
    "5001": ("account", "Zoho Books doesn't accept the expense's account. Choose another in Settings."),
    "6041": ("organization", "The Zoho login isn't a user of this organization. Reconnect as one who is."),
    "9004": ("currency", "Zoho Books doesn't have this currency. Add it there under Settings, Currencies."),
    "9017": ("organization", "The Zoho login belongs to no organization. Reconnect as a user of yours."),
    "12003": ("credit_note_closed", "The credit note is used up already."),
    "12004": ("credit_note_void", "The credit note is void."),
    "12005": ("invoice_is_draft", "The invoice is still a draft."),
    "12006": ("invoice_closed", "The invoice is paid already, so no credit can be applied to it."),
    "12007": ("invoice_void", "The invoice is void."),
    "12008": ("has_credits", "Credits are applied to it. Remove them in Zoho Books first."),
    "12018": ("exists", "Zoho Books already has a credit note of this number."),
    "24016": ("exceeds_balance", "The amount is more than the invoice still owes. It may have been paid by hand."),
    "103001": ("trial_over", "The Zoho Books trial is over. Choose a plan in Zoho Books, then sync again."),
}

_BY_WORDS = (
    (
        # A custom field that allows no duplicates; the code isn't documented (Zoho Books v3, errors).
        re.compile(r"\bduplicates?\b|\balready (?:exists?|in use|used)\b|\bexists already\b|\bunique\b", re.I),
        "exists",
        "Zoho Books already has a record of this number or name.",
    ),
    (
        re.compile(r"\block(?:ed|s|ing)?\b", re.I),
        "period_locked",
        "The period is locked in Zoho Books. Unlock it there, or choose a later date.",
    ),
    (
        re.compile(r"\binactive\b|\bnot active\b", re.I),
        "inactive",
        "Something that this uses is inactive in Zoho Books. Make it active there, or choose another in Settings.",
    ),
    (
        re.compile(
            r"\bupgrade\b|\bplan\b.*\blimit|\blimit\b.*\b(?:plan|invoices)\b|\bmaximum number of invoices\b", re.I
        ),
        "plan_limit",
        "The Zoho Books plan doesn't allow more of these. Change the plan in Zoho Books, or use Bulk.",
    ),
    (
        re.compile(r"\bapprov(?:al|ed?|ing)\b", re.I),
        "approval",
        "Zoho Books wants this approved first. Approve it there.",
    ),
    (
        re.compile(r"\btax(?:es|able)?\b|\b(?:gst|vat)\b", re.I),
        "tax",
        "Zoho Books misses a tax or an exemption. Choose one in Settings.",
    ),
)

_WAITS = {"44": 60.0, "1070": 2.0}
"""Seconds to wait; Zoho states none. An unknown 429 is taken for the limit per minute."""

_DRAFT = re.compile(r"\bdraft\b|\bmark(?:ed)? (?:\w+ ){0,3}as sent\b|\bnot (?:yet )?(?:been )?sent\b", re.I)
_STATUS = re.compile(r"\bstatus\b", re.I)
_SETTLED = re.compile(r"\b(?:void|paid|closed|approv\w*|pending)\b", re.I)


def code_of(answer: Answer) -> str:
    """Zoho's own code as text, "0" for success, "" where there is none."""
    code = answer.fields.get("code")
    if isinstance(code, bool) or not isinstance(code, int | str):
        return ""
    return str(code).strip()


def error_of(answer: Answer, *, write: bool) -> OutsideError:
    """The error that an answer other than success stands for."""
    code, words = code_of(answer), answer.words
    if answer.ok and code in ("", "0"):
        return unreadable(words, write=write)
    if code == "0":
        return unreadable(f"HTTP {answer.status} {words}", write=write)
    if code == "1000" or answer.status >= 500:
        return _internal(words, write=write)
    if answer.status == 429 or code in ("44", "45", "1070"):
        return _too_many(code, words, answer.retry_after)
    if code == "14" or (answer.status == 401 and code != "57"):
        return NotConnected("Zoho Books doesn't accept the login any more. Reconnect it.", detail=words)
    return _refused(code, words, answer)


def unreadable(detail: str, *, write: bool) -> OutsideError:
    """An answer that arrived but doesn't say what it must: after a write, nobody knows what was done."""
    if write:
        return InDoubt(
            "Zoho Books gave an answer that can't be read, so nobody can say yet whether it was done.", detail=detail
        )
    return Refused("Zoho Books gave an answer that can't be read.", detail=detail, cause="unreadable")


def tells_of_a_draft(error: Refused) -> bool:
    """Whether a refused payment was refused because its invoice is a draft. No code is known; the words decide.

    A wrong yes is harmless: the invoice, which is ours, is marked as sent and the payment refused once more.
    """
    if error.code == "12005" or _DRAFT.search(error.detail):
        return True
    return bool(_STATUS.search(error.detail)) and not _SETTLED.search(error.detail)


def _internal(words: str, *, write: bool) -> OutsideError:
    if write:
        return InDoubt("Zoho Books had an internal error, so nobody can say yet whether it was done.", detail=words)
    return Temporary("Zoho Books has an internal error.", detail=words)


def _too_many(code: str, words: str, retry_after: float | None) -> Temporary:
    if code == "45":
        return Temporary(
            "The organization's calls to Zoho Books are used up for today. It goes on tomorrow.",
            detail=words,
            retry_after=retry_after,
            daily=True,
        )
    wait = retry_after if retry_after is not None else _WAITS.get(code, _WAITS["44"])
    return Temporary("Zoho Books asks for a pause: too many calls.", detail=words, retry_after=wait)


def _refused(code: str, words: str, answer: Answer) -> Refused:
    known = _BY_CODE.get(code)
    if known is None and answer.status == 404:
        known = _BY_CODE["1002"]
    if known is not None:
        return Refused(known[1], detail=words, code=code, cause=known[0])
    for pattern, cause, sentence in _BY_WORDS:
        if pattern.search(words):
            return Refused(sentence, detail=words, code=code, cause=cause)
    return Refused("Zoho Books refused this. Its own words say why.", detail=words, code=code or str(answer.status))
