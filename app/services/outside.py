"""What services are given of the world outside: the clock, and makers of adapters for a stored connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.clock import Clock
from app.ports import (
    ApiClient,
    BooksChoices,
    BooksLogin,
    BooksPosting,
    Mailer,
    PaymentProvider,
    Pinger,
    TokenKeeper,
    WebhookReader,
    WebhookRegistry,
)


@dataclass(frozen=True)
class Place:
    """A data centre or an environment a person picks: `hint` says how to tell it is the right one."""

    code: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class Outside:
    """Built once per process by `wiring.build`; tests build it with their own clock and transport.

    `scopes` are asked for at each consent; those in `making_scopes` only serve to make what is missing in the books.
    `provider` and `webhook_registry` take kind, environment and key, `webhook_reader` the kind.
    `login` takes the registered client; `choices` takes data centre, organization id ("" before one is picked) and
    token keeper; `posting` data centre, organization id, its base currency and token keeper.
    `server_matches(datacenter, accounts_server)` compares by table only. `web_link` takes data centre, organization,
    document kind and books id. `calls(organization)` counts what this process has sent to an organization so far,
    `uncounted(organization)` those that nobody wrote down, `counted(organization, calls)` says that so many are; it
    sends at most `calls_per_minute`, 0 without pacing. `folder` is the data folder, None where nothing may be kept.
    `skew()` is by how many seconds this machine's clock is ahead of the one that answered last.
    """

    clock: Clock
    public_url: str
    environments: tuple[Place, ...]
    datacenters: tuple[Place, ...]
    scopes: tuple[str, ...]
    making_scopes: frozenset[str]
    provider: Callable[[str, str, str], PaymentProvider]
    webhook_reader: Callable[[str], WebhookReader]
    webhook_registry: Callable[[str, str, str], WebhookRegistry]
    login: Callable[[ApiClient], BooksLogin]
    choices: Callable[[str, str, TokenKeeper], BooksChoices]
    posting: Callable[[str, str, str, TokenKeeper], BooksPosting]
    server_matches: Callable[[str, str], bool]
    web_link: Callable[[str, str, str, str], str]
    calls: Callable[[str], int]
    uncounted: Callable[[str], int]
    counted: Callable[[str, int], None]
    calls_per_minute: int
    mailer: Mailer
    pinger: Pinger
    folder: Path | None = None
    skew: Callable[[], float] = lambda: 0.0
