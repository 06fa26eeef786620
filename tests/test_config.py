"""Rules of the configuration: a bad value stops the start with one clear sentence."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.config import ConfigError, load


def _load(tmp_path: Path, **values: str) -> object:
    return load(
        {"TIEOUT_DATA_DIR": str(tmp_path / "data"), **{f"TIEOUT_{name}": value for name, value in values.items()}}
    )


def test_first_start_makes_its_keys_for_nobody_else_to_read(tmp_path: Path) -> None:
    first = load({"TIEOUT_DATA_DIR": str(tmp_path / "data")})
    again = load({"TIEOUT_DATA_DIR": str(tmp_path / "data")})
    assert first.secret_key == again.secret_key
    assert first.encryption_keys == again.encryption_keys
    for name in ("secret-key", "encryption-key"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600
    assert first.database_url == f"sqlite:///{tmp_path / 'data' / 'tieout.sqlite3'}"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"PUBLIC_URL": "books.example.com"}, "must look like https://"),
        ({"PUBLIC_URL": "https://example.com/tieout"}, "must look like https://"),
        ({"PUBLIC_URL": "http://books.example.com"}, "passwords would travel unprotected"),
        ({"CALLS_PER_MINUTE": "many"}, "TIEOUT_CALLS_PER_MINUTE is 'many'"),
        ({"CALLS_PER_MINUTE": "-1"}, "is below 0"),
        ({"TRUSTED_PROXIES": "-1"}, "TIEOUT_TRUSTED_PROXIES is below 0"),
        ({"TRUSTED_PROXIES": "yes"}, "TIEOUT_TRUSTED_PROXIES is 'yes'"),
        ({"PORT": "http"}, "TIEOUT_PORT is 'http'"),
        ({"SCHEDULER": "maybe"}, "TIEOUT_SCHEDULER is 'maybe'"),
        ({"ENCRYPTION_KEYS": "short"}, "not 32 bytes in base64"),
        ({"SIMULATOR_URL": "http://192.0.2.7:9000"}, "on this machine"),
        ({"SIMULATOR_URL": "http://127.0.0.1:9000", "PUBLIC_URL": "https://books.example.com"}, "on this machine"),
        ({"CLOCK_FILE": "/tmp/clock"}, "needs TIEOUT_SIMULATOR_URL"),
        ({"SECRET_KEY_FILE": "/nowhere/at/all"}, "can't be read"),
        ({"PUBLIC_ULR": "https://books.example.com"}, "TIEOUT_PUBLIC_ULR is not a setting of Tieout"),
    ],
)
def test_bad_value_is_named_in_one_sentence(tmp_path: Path, values: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as stopped:
        _load(tmp_path, **values)
    assert "\n" not in str(stopped.value)


def test_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    given = {"TIEOUT_DATA_DIR": str(tmp_path), "TIEOUT_SECRET_KEY_FILE": str(tmp_path / "key")}
    assert load(given).secret_key == "from a file"
    with pytest.raises(ConfigError, match="given twice"):
        load(given | {"TIEOUT_SECRET_KEY": "another"})


def test_plain_http_is_fine_on_this_machine_and_by_explicit_wish(tmp_path: Path) -> None:
    for url in ("http://localhost:8000", "http://127.0.0.1:9", "http://[::1]:8000"):
        _load(tmp_path, PUBLIC_URL=url)
    _load(tmp_path, PUBLIC_URL="http://books.example.com", ALLOW_PLAIN_HTTP="yes")


def test_unrelated_environment_is_left_alone(tmp_path: Path) -> None:
    assert load({"TIEOUT_DATA_DIR": str(tmp_path), "PATH": "/bin", "SECRET_KEY": "other"}).secret_key != "other"
