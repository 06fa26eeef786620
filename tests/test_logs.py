"""Rules of the log: readable, on standard error, and never a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app import logs


@pytest.fixture(autouse=True)
def usual_level_afterwards() -> Iterator[None]:
    yield
    logs.configure("INFO")


@pytest.fixture
def log() -> Iterator[structlog.stdlib.BoundLogger]:
    logs.configure("INFO")
    yield structlog.get_logger("tests.test_logs")
    structlog.contextvars.clear_contextvars()


def test_an_event_is_one_json_line_on_standard_error(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info("run ended", run=7)
    told = capsys.readouterr()
    line = json.loads(told.err)
    assert told.out == ""
    assert {name: line[name] for name in ("event", "run", "level", "logger")} == {
        "event": "run ended",
        "run": 7,
        "level": "info",
        "logger": "tests.test_logs",
    }


@pytest.mark.parametrize(
    ("words", "secret"),
    [
        ({"access_token": "abc-123"}, "abc-123"),
        ({"headers": {"Authorization": "Zoho-oauthtoken 1000.aa"}}, "1000.aa"),
        ({"api_key": "test_31ac"}, "test_31ac"),
        ({"said": "GET /setup?token=opensesame now"}, "opensesame"),
        ({"url": "postgresql://tieout:hunter22@db/tieout"}, "hunter22"),
        ({"said": "refused 1000.8cb99dxxxxxxxxxxxxx9be93.9b8xxxxxxxxxxxxxxxf"}, "8cb99d"),
        ({"seen": ["Bearer eyJhbGciOi"]}, "eyJhbGciOi"),
    ],
)
def test_a_secret_is_struck_out_wherever_it_stands(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str], words: dict[str, object], secret: str
) -> None:
    log.warning("something", **words)
    line = capsys.readouterr().err
    assert secret not in line
    assert logs.STRUCK in line


def test_a_secret_in_a_traceback_is_struck_out(
    log: structlog.stdlib.BoundLogger, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        int("Bearer eyJhbGciOi")
    except ValueError:
        log.exception("job failed")
    line = capsys.readouterr().err
    assert "ValueError" in line
    assert "eyJhbGciOi" not in line


def test_other_libraries_are_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logging.getLogger("gunicorn.error").warning("GET %s", "/login/link/0123456789abcdef0123")
    assert "0123456789abcdef" not in capsys.readouterr().err


def test_a_tick_that_finds_its_job_busy_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    scheduler = logging.getLogger("apscheduler.scheduler")
    scheduler.warning('Execution of job "%s" skipped: maximum number of running instances reached (%d)', "worker", 4)
    scheduler.warning("a job was lost")
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["a job was lost"]


def test_the_level_holds_for_all_loggers(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("ERROR")
    structlog.get_logger("tests.test_logs").warning("quiet")
    logging.getLogger("somebody").warning("quiet")
    assert capsys.readouterr().err == ""
