"""What services are given of the world outside: the clock, and makers of adapters for a stored connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.clock import Clock
from app.ports import ApiClient, BooksChoices, BooksLogin, BooksPosting, PaymentProvider, TokenKeeper


@dataclass(frozen=True)
class Place:
    """A data centre or an environment a person picks: `hint` says how to tell it is the right one."""

    code: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Outside:
    """Built once per process by `wiring.build`; tests build it with their own clock and transport.

    `login` takes the registered client; `choices` takes data centre, organization id ("" before one is picked) and
    token keeper; `posting` data centre, organization id, its base currency and token keeper.
    `server_matches(datacenter, accounts_server)` compares by table only. `web_link` takes data centre, organization,
    document kind and books id. `calls(organization)` counts what this process has sent to an organization so far; it
    sends at most `calls_per_minute`, 0 without pacing. `folder` is the data folder, None where nothing may be kept.
    `skew()` is by how many seconds this machine's clock is ahead of the one that answered last.
    """

    clock: Clock
    public_url: str
    environments: tuple[Place, ...]
    datacenters: tuple[Place, ...]
    scopes: tuple[str, ...]
    provider: Callable[[str, str, str], PaymentProvider]
    login: Callable[[ApiClient], BooksLogin]
    choices: Callable[[str, str, TokenKeeper], BooksChoices]
    posting: Callable[[str, str, str, TokenKeeper], BooksPosting]
    server_matches: Callable[[str, str], bool]
    web_link: Callable[[str, str, str, str], str]
    calls: Callable[[str], int]
    calls_per_minute: int
    folder: Path | None = None
    skew: Callable[[], float] = lambda: 0.0
