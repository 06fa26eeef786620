"""The only file that names real adapters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from requests.adapters import BaseAdapter

from app.books.zoho.choices import ZohoChoices
from app.books.zoho.client import ZohoClient
from app.books.zoho.datacenters import by_accounts_server, datacenter, datacenters
from app.books.zoho.links import web_link
from app.books.zoho.oauth import ONLY_FOR_MAKING, SCOPES, ZohoLogin
from app.books.zoho.posting import ZohoPosting
from app.clock import Clock, FileClock, SystemClock
from app.config import Config, ConfigError
from app.http_client import HttpClient
from app.mail.smtp import SmtpMailer
from app.pinging.pinger import HttpPinger
from app.ports import (
    ApiClient,
    BooksChoices,
    BooksLogin,
    BooksPosting,
    PaymentProvider,
    TokenKeeper,
    WebhookReader,
    WebhookRegistry,
)
from app.providers.hitpay.environments import environment, environments
from app.providers.hitpay.provider import HitPay
from app.providers.hitpay.webhook import HitPayWebhooks
from app.providers.hitpay.webhook_events import HitPayWebhookEvents
from app.services.outside import Outside, Place
from app.store.db import in_transaction


def build(config: Config, clock: Clock | None = None, mounts: Mapping[str, BaseAdapter] | None = None) -> Outside:
    """The outside world as `config` describes it; tests bring their own clock and transport."""
    made = _Adapters(config, clock or _clock(config), mounts)
    return Outside(
        clock=made.clock,
        public_url=config.public_url,
        environments=tuple(Place(one.code, one.label) for one in environments(config.simulator_url)),
        datacenters=tuple(Place(one.code, one.label, one.hint) for one in datacenters(config.simulator_url)),
        scopes=SCOPES,
        making_scopes=ONLY_FOR_MAKING,
        provider=made.provider,
        webhook_reader=made.webhook_reader,
        webhook_registry=made.webhook_registry,
        login=made.login,
        choices=made.choices,
        posting=made.posting,
        server_matches=made.server_matches,
        web_link=made.web_link,
        calls=made.calls.__getitem__,
        uncounted=made.uncounted,
        counted=made.counted,
        calls_per_minute=config.calls_per_minute,
        folder=Path(config.data_dir),
        mailer=_mailer(config),
        pinger=HttpPinger(allow_private=config.allow_private_pings == "yes", in_transaction=in_transaction),
        skew=lambda: made.skew,
    )


def _mailer(config: Config) -> SmtpMailer:
    try:
        return SmtpMailer(config.smtp_url, config.mail_from, urlsplit(config.public_url).hostname or "localhost")
    except ValueError as error:
        raise ConfigError(f"TIEOUT_SMTP_URL can't be used. {error}") from None


def _clock(config: Config) -> Clock:
    return FileClock(Path(config.clock_file)) if config.clock_file else SystemClock()


class _Adapters:
    """Makes adapters over one shared HTTP client, so that pacing holds for the whole process."""

    def __init__(self, config: Config, clock: Clock, mounts: Mapping[str, BaseAdapter] | None) -> None:
        self.clock = clock
        self.calls: Counter[str] = Counter()
        self._uncounted: Counter[str] = Counter()
        self._counting = Lock()
        self._simulator = config.simulator_url
        self._redirect_uri = f"{config.public_url.rstrip('/')}/oauth/zoho/callback"
        self._http = HttpClient(
            clock,
            in_transaction=in_transaction,
            mounts=mounts,
            calls_per_minute=config.calls_per_minute,
            on_call=self._count,
            on_date=self._note_date if isinstance(clock, SystemClock) else None,
        )
        self.skew = 0.0

    def _count(self, key: str) -> None:
        with self._counting:
            self.calls[key] += 1
            self._uncounted[key] += 1

    def uncounted(self, key: str) -> int:
        """The calls of a key that nobody has written down yet."""
        return self._uncounted[key]

    def counted(self, key: str, calls: int) -> None:
        """So many calls of a key are written down."""
        with self._counting:
            self._uncounted[key] -= calls

    def _note_date(self, told: str) -> None:
        """How far this machine's clock is from the time an answer was made; a date that can't be read tells nothing."""
        with suppress(ValueError, TypeError):
            self.skew = (self.clock.now() - parsedate_to_datetime(told)).total_seconds()

    def provider(self, _kind: str, place: str, api_key: str) -> PaymentProvider:
        return HitPay(self._http, self.clock, environment(place, self._simulator), api_key)

    def webhook_reader(self, _kind: str) -> WebhookReader:
        return HitPayWebhooks()

    def webhook_registry(self, _kind: str, place: str, api_key: str) -> WebhookRegistry:
        return HitPayWebhookEvents(self._http, environment(place, self._simulator), api_key)

    def login(self, client: ApiClient) -> BooksLogin:
        place = datacenter(client.datacenter, self._simulator)
        return ZohoLogin(self._http, self.clock, place, client, self._redirect_uri)

    def choices(self, place: str, organization_id: str, keeper: TokenKeeper) -> BooksChoices:
        return ZohoChoices(self._client(place, organization_id, keeper))

    def posting(self, place: str, organization_id: str, currency: str, keeper: TokenKeeper) -> BooksPosting:
        return ZohoPosting(self._client(place, organization_id, keeper), currency)

    def server_matches(self, place: str, accounts_server: str) -> bool:
        found = by_accounts_server(accounts_server, self._simulator)
        return found is not None and found.code == place

    def web_link(self, place: str, organization_id: str, kind: str, books_id: str) -> str:
        return web_link(datacenter(place, self._simulator), organization_id, kind, books_id)

    def _client(self, place: str, organization_id: str, keeper: TokenKeeper) -> ZohoClient:
        return ZohoClient(self._http, datacenter(place, self._simulator), organization_id, keeper)
