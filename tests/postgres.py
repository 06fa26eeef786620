"""A real PostgreSQL for tests: a throw-away server of Debian's, on a unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip on a laptop, fail where everything has to be there."""
    reason = f"{what} is not installed"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    if found:
        folders.append(Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """Start a server and answer the URL of its database; it is gone afterwards."""
    programs = _programs()
    if programs is None:
        missing("PostgreSQL")
    # Short path: a unix socket's name has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="tieout-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user: int | None = None
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres").pw_uid
            os.chown(folder, user, -1)

        def run(program: str, *words: str) -> None:
            subprocess.run(
                [str(programs / program), *words], check=True, capture_output=True, cwd=folder, timeout=60, user=user
            )

        data = str(folder / "data")
        run("initdb", "-D", data, "-U", "tieout", "-A", "trust", "-N", "--no-instructions")
        options = f"-c listen_addresses='' -k {folder} -c fsync=off -c full_page_writes=off"
        run("pg_ctl", "-D", data, "-l", str(folder / "log"), "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://tieout@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
