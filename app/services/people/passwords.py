"""Passwords: which are good enough, and how they are kept (Argon2id, 19 MiB, two passes)."""

from __future__ import annotations

import re
import threading
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.services.refusals import Refusal

SHORTEST = 12
LONGEST = 200

_WORN = re.compile(
    r"password|passwort|passw0rd|qwertyuiop|qwerty|qwertz|azerty|asdfghjkl|asdf|zxcvbnm|zxcv|letmein|welcome|iloveyou"
    r"|administrator|admin|monkey|dragon|football|baseball|sunshine|princess|secret|login|master|abcdef|abc|tieout"
    r"|changeme|[0-9 -/:-@\[-`{-~]"
)
"""What guessers try first. A password of which next to nothing is left without these is no secret."""

_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19456, parallelism=1),))
_at_once = threading.BoundedSemaphore(2)
"""A burst of sign-ins must not take the machine's memory: 19 MiB each."""


def check_new(password: str, email: str) -> None:
    """Refusal unless `password` may be chosen by the person with `email`."""
    sentence = ""
    if len(password) < SHORTEST:
        sentence = f"Use at least {SHORTEST} characters; three or four words make a good password."
    elif len(password) > LONGEST:
        sentence = f"Use at most {LONGEST} characters."
    elif _guessable(password.casefold(), email.partition("@")[0].casefold()):
        sentence = "This one is easy to guess. Take three or four words that don't belong together."
    if sentence:
        raise Refusal(sentence, field="password")


def _guessable(password: str, name: str) -> bool:
    rest = password.replace(name, "") if len(name) > 3 else password
    return len(set(rest)) < 5 or len(_WORN.sub("", rest)) < 4


def hash_of(password: str) -> str:
    """What is stored in place of `password`."""
    with _at_once:
        return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Whether `password` is the stored one; takes as long when nothing is stored."""
    against = stored or _decoy()
    with _at_once:
        good = _hasher.verify(password[:LONGEST], against)
    return good and stored is not None


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")
