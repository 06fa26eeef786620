"""Every environment variable, read once, typed and strict. A bad value stops the start with one clear sentence."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography.fernet import Fernet

PREFIX = "TIEOUT_"


class ConfigError(Exception):
    """The environment holds a value that can't be used; the message says which and what to do."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of this install. `calls_per_minute` 0 means without pacing.

    `trusted_proxies` is how many web servers stand in front and add to X-Forwarded-For.
    """

    public_url: str = "http://127.0.0.1:8000"
    database_url: str = ""
    data_dir: str = "instance"
    secret_key: str = ""
    encryption_keys: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    setup_token: str = ""
    simulator_url: str = ""
    clock_file: str = ""
    calls_per_minute: int = 80
    scheduler: Literal["on", "off"] = "on"
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: int = 0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    allow_plain_http: Literal["yes", "no"] = "no"
    allow_private_pings: Literal["yes", "no"] = "no"

    @property
    def secure(self) -> bool:
        """Whether browsers reach this install over https."""
        return self.public_url.startswith("https://")

    @property
    def encryption_key_list(self) -> list[str]:
        """The keys, newest first."""
        return [key for key in self.encryption_keys.replace(",", " ").split() if key]


def load(environment: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process; ConfigError names the variable and the way out."""
    config = _typed(_collect(os.environ if environment is None else environment))
    _check(config)
    return _with_keys(config)


def _collect(environment: Mapping[str, str]) -> dict[str, str]:
    known = set(Config.__struct_fields__)
    found: dict[str, str] = {}
    for variable, given in environment.items():
        if not variable.startswith(PREFIX):
            continue
        name, value = variable.removeprefix(PREFIX).lower(), given
        if name.endswith("_file") and name != "clock_file":
            name, value = name.removesuffix("_file"), _from_file(variable, given)
        if name not in known:
            raise ConfigError(f"{variable} is not a setting of Tieout. Check its spelling, or remove it.")
        if name in found:
            raise ConfigError(f"{PREFIX}{name.upper()} is given twice, once with _FILE. Keep one of them.")
        found[name] = value
    return found


def _from_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ConfigError(f"{variable} names {path}, which can't be read: {error.strerror}.") from error


def _typed(values: dict[str, str]) -> Config:
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, Config, strict=False)
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at ")[0]
            raise ConfigError(f"{PREFIX}{name.upper()} is {value!r}, which can't be used: {reason}.") from error
    return msgspec.convert(values, Config, strict=False)


def _check(config: Config) -> None:
    public = urlsplit(config.public_url)
    if public.scheme not in {"http", "https"} or not public.hostname or public.path.strip("/"):
        raise ConfigError(f"TIEOUT_PUBLIC_URL is {config.public_url!r}. It must look like https://books.example.com.")
    if public.scheme == "http" and not is_loopback(public.hostname) and config.allow_plain_http != "yes":
        raise ConfigError(
            "TIEOUT_PUBLIC_URL is plain http, so passwords would travel unprotected. "
            "Use https, or set TIEOUT_ALLOW_PLAIN_HTTP=yes if you know why."
        )
    if config.calls_per_minute < 0:
        raise ConfigError("TIEOUT_CALLS_PER_MINUTE is below 0. Give the calls a minute, or 0 for no pacing.")
    if config.trusted_proxies < 0:
        raise ConfigError("TIEOUT_TRUSTED_PROXIES is below 0. Give the number of web servers in front, 0 for none.")
    _check_mail(config)
    simulator = urlsplit(config.simulator_url).hostname
    if config.simulator_url and not (is_loopback(simulator) and is_loopback(public.hostname)):
        raise ConfigError("TIEOUT_SIMULATOR_URL works only when it and TIEOUT_PUBLIC_URL are on this machine.")
    if config.clock_file and not config.simulator_url:
        raise ConfigError("TIEOUT_CLOCK_FILE needs TIEOUT_SIMULATOR_URL: real books are kept on real time.")


def _check_mail(config: Config) -> None:
    """What would only show when the first mail is to be sent."""
    server = urlsplit(config.smtp_url)
    usable = server.scheme in {"smtp", "smtps"} and server.hostname and _port_is_right(server)
    if config.smtp_url and not usable:
        raise ConfigError("TIEOUT_SMTP_URL can't be used. It must look like smtp://user:password@mail.example.com:587.")
    name, at, host = config.mail_from.partition("@")
    fit = bool(name and at and host) and config.mail_from.isascii() and config.mail_from.isprintable()
    if config.mail_from and (not fit or " " in config.mail_from or "<" in config.mail_from):
        raise ConfigError("TIEOUT_MAIL_FROM can't be used. It must be one address, like tieout@example.com.")
    if config.smtp_url and not config.mail_from:
        raise ConfigError("TIEOUT_SMTP_URL needs TIEOUT_MAIL_FROM: the address the mails come from.")


def _port_is_right(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def is_loopback(host: str | None) -> bool:
    """Whether a host name means this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _with_keys(config: Config) -> Config:
    folder = Path(config.data_dir).absolute()
    made = {
        "secret_key": lambda: secrets.token_urlsafe(48),
        "encryption_keys": lambda: Fernet.generate_key().decode(),
    }
    values = {
        name: getattr(config, name) or _kept(folder / name.rstrip("s").replace("_", "-"), make)
        for name, make in made.items()
    }
    values["database_url"] = config.database_url or f"sqlite:///{folder / 'tieout.sqlite3'}"
    config = msgspec.structs.replace(config, data_dir=str(folder), **values)
    for key in config.encryption_key_list:
        try:
            Fernet(key)
        except ValueError as error:
            raise ConfigError("TIEOUT_ENCRYPTION_KEYS holds a key that is not 32 bytes in base64.") from error
    return config


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in `path`, made there on first start, readable by nobody else."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}. TIEOUT_DATA_DIR must be writable.") from error
    with os.fdopen(handle, "w") as file:
        file.write(make())
    return path.read_text().strip()
