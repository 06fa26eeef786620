"""Whether this install can work at all, in one sentence for the person who started it wrongly."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError, ProgrammingError

from app.store.columns import UnreadableSecretError


def sentence_for(error: Exception) -> str:
    """What is wrong with the install if `error` comes of that, else ""."""
    if isinstance(error, UnreadableSecretError):
        return str(error)
    if isinstance(error, OperationalError | ProgrammingError):
        return (
            f"The database of this install can't be used: {error.orig}. `make run` sets it up; "
            "TIEOUT_DATA_DIR or TIEOUT_DATABASE_URL say where it is."
        )
    return ""
