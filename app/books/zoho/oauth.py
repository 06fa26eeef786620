"""The login of Zoho Books: consent address, exchange, refresh and revocation for one data centre.

Authlib forms the requests and reads the answers; the HTTP client carries them, so that time-outs, the transaction guard
and redaction hold here too. Zoho answers errors with HTTP 200: success means that `access_token` is there.
Sources: Zoho Books v3 OAuth page, Zoho accounts protocol pages, and what live clients met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from app.books.zoho.datacenters import Datacenter, by_api_domain
from app.clock import Clock
from app.http_client import Answer, Call, HttpClient
from app.ports import AccessToken, ApiClient, InDoubt, NotConnected, OutsideError, Refused, Temporary, Token

SERVICE = "Zoho"

SCOPES = (
    "ZohoBooks.settings.READ",
    "ZohoBooks.settings.CREATE",
    "ZohoBooks.contacts.READ",
    "ZohoBooks.contacts.CREATE",
    "ZohoBooks.invoices.READ",
    "ZohoBooks.invoices.CREATE",
    "ZohoBooks.customerpayments.READ",
    "ZohoBooks.customerpayments.CREATE",
    "ZohoBooks.creditnotes.READ",
    "ZohoBooks.creditnotes.CREATE",
    "ZohoBooks.expenses.READ",
    "ZohoBooks.expenses.CREATE",
    "ZohoBooks.accountants.READ",
    "ZohoBooks.accountants.CREATE",
    "ZohoBooks.banking.READ",
    "ZohoBooks.banking.CREATE",
)
"""The fewest that posting, its look-ups and the settings need; nothing here can change or delete a record.

`accountants.CREATE` makes missing accounts from the settings, which a login granted before it was asked for can't do.
"""

ONLY_FOR_MAKING = frozenset({"ZohoBooks.accountants.CREATE", "ZohoBooks.settings.CREATE"})
"""Without these a sync works all the same: only what is missing can't be made from the settings."""

LOCKED_OUT_SECONDS = 900.0
"""After too many refreshes Zoho answers "Access Denied" for 10 to 30 quiet minutes, and each retry prolongs it."""

_LIFE_SECONDS = 3600
_CLIENT_ERRORS = ("invalid_client", "invalid_client_secret", "unauthorized_client")


class ZohoLogin:
    """The consent flow of one registered API client in one data centre."""

    def __init__(
        self, http: HttpClient, clock: Clock, datacenter: Datacenter, client: ApiClient, redirect_uri: str
    ) -> None:
        self._http = http
        self._clock = clock
        self._datacenter = datacenter
        self._client = client
        self._redirect_uri = redirect_uri
        self._token_url = f"{datacenter.accounts_url}/oauth/v2/token"

    def authorize_url(self, state: str) -> str:
        """Where to send the person's browser. Without `offline` and `consent` Zoho gives no refresh token."""
        url, _ = self._authlib().create_authorization_url(
            f"{self._datacenter.accounts_url}/oauth/v2/auth",
            state=state,
            scope=",".join(SCOPES),
            access_type="offline",
            prompt="consent",
        )
        return str(url)

    def exchange(self, code: str) -> Token:
        """Redeem a one-time code.

        Refused with cause `expired_code`, `invalid_client`, `wrong_datacenter` or `no_refresh_token`; Temporary when
        Zoho gave no answer, after which only a new consent helps.
        """
        told = self._asked(exchanging=True, grant_type="authorization_code", code=code)
        refresh_token = _key(told.get("refresh_token"))
        if not refresh_token:
            raise Refused(
                "Zoho gave no lasting login. Connect again, and press Accept on Zoho's page.", cause="no_refresh_token"
            )
        self._check_api_domain(told.get("api_domain"))
        access = self._access(told)
        return Token(
            access_token=access.value,
            refresh_token=refresh_token,
            expires_at=access.expires_at,
            scopes=_scopes(told.get("scope")),
        )

    def refresh(self, refresh_token: str) -> AccessToken:
        """A fresh access token; NotConnected when the login is dead, Temporary when told to wait."""
        return self._access(self._asked(exchanging=False, grant_type="refresh_token", refresh_token=refresh_token))

    def revoke(self, refresh_token: str) -> None:
        """Make the refresh token worthless; one that is worthless already is no error. Temporary without an answer."""
        call = Call(
            service=SERVICE,
            url=f"{self._datacenter.accounts_url}/oauth/v2/token/revoke",
            params={"token": refresh_token},
        )
        answer = self._carry(call)
        if _wants_a_pause(answer.words, answer.words):
            raise _pause(answer.words)

    def _asked(self, *, exchanging: bool, **grant: str) -> Mapping[str, object]:
        """The answer of the token endpoint, its `access_token` being there."""
        carrier = _Carrier(self._carry)
        try:
            self._authlib(carrier).fetch_token(self._token_url, **grant)
            refused = ""
        except OAuth2Error as error:
            refused = str(error.error or "unknown")
        except (ValueError, TypeError):
            refused = "unreadable"
        if refused == "unreadable":
            raise Temporary("Zoho gave an answer to the login that can't be read.", detail=carrier.words)
        if refused:
            raise _error(refused, carrier.words, exchanging=exchanging)
        if not _key(carrier.told.get("access_token")):
            raise Temporary("Zoho gave an answer to the login without a key in it.", detail=carrier.words)
        return carrier.told

    def _access(self, told: Mapping[str, object]) -> AccessToken:
        """The key and its end by our own clock. A life that isn't told, or is above an hour, counts as an hour."""
        stated = told.get("expires_in_sec", told.get("expires_in"))
        seconds = int(stated) if isinstance(stated, int | str) and str(stated).isdecimal() else _LIFE_SECONDS
        life = timedelta(seconds=min(seconds or _LIFE_SECONDS, _LIFE_SECONDS))
        return AccessToken(value=_key(told.get("access_token")), expires_at=self._clock.now() + life)

    def _check_api_domain(self, api_domain: object) -> None:
        """An `api_domain` is only compared: an account of another data centre would fail at every call."""
        if not isinstance(api_domain, str) or not api_domain or self._datacenter.accepts_api_domain(api_domain):
            return
        other = by_api_domain(api_domain)
        where = f"{other.label} ({other.hint})" if other else "another place than any we know"
        raise Refused(
            f"This Zoho account lives in {where}, not in {self._datacenter.label}. "
            "Choose its data centre and connect again.",
            detail=api_domain[:100],
            cause="wrong_datacenter",
        )

    def _authlib(self, carrier: _Carrier | None = None) -> OAuth2Client:
        return OAuth2Client(
            session=carrier,
            client_id=self._client.client_id,
            client_secret=self._client.client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the method's name, no secret
            redirect_uri=self._redirect_uri,
        )

    def _carry(self, call: Call) -> Answer:
        """Send; nothing of the login is spoiled by asking again, so an unknown outcome is Temporary here."""
        try:
            return self._http.write(call)
        except InDoubt as error:
            trouble = Temporary("Zoho gave no answer to the login that can be read.", detail=error.detail)
        raise trouble


class _Carrier:
    """The session and the response Authlib works with: it hands the request on and keeps the answer.

    `told` is the answer's JSON object, `words` Zoho's own words in it with our secrets removed.
    """

    def __init__(self, send: Callable[[Call], Answer]) -> None:
        self._send = send
        self.status_code = 0
        self.told: Mapping[str, object] = {}
        self.words = ""

    def post(self, url: str, data: dict[str, str], headers: dict[str, str], auth: ClientAuth) -> _Carrier:
        """Sign the form with the client's id and secret and send it."""
        url, _, form = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer = self._send(Call(service=SERVICE, url=url, form=form))
        self.status_code, self.told, self.words = answer.status, answer.fields, answer.words
        return self

    def json(self) -> dict[str, object]:
        """The answer without its times: Authlib reads the machine's clock, and we have our own."""
        return {name: value for name, value in self.told.items() if name not in ("expires_in", "expires_at")}

    def raise_for_status(self) -> None:
        """The HTTP client has raised what isn't JSON or is Zoho's own trouble; the rest shows in `error`."""


def _error(code: str, words: str, *, exchanging: bool) -> OutsideError:
    """What an `error` of the token endpoint means. An unknown one never declares a login dead."""
    if _wants_a_pause(code, words):
        return _pause(words)
    name = code.strip().lower()
    if exchanging:
        return _exchange_error(name, words)
    if name in ("invalid_code", "invalid_grant", *_CLIENT_ERRORS):
        return NotConnected("Zoho doesn't accept the stored login any more. Reconnect Zoho Books.", detail=words)
    return Temporary("Zoho refused to renew the login.", detail=words, retry_after=LOCKED_OUT_SECONDS)


def _wants_a_pause(code: str, words: str) -> bool:
    return code.lower().startswith("access denied") or "too many requests" in words.lower()


def _pause(words: str) -> Temporary:
    return Temporary("Zoho wants a pause before the next login.", detail=words, retry_after=LOCKED_OUT_SECONDS)


def _exchange_error(name: str, words: str) -> Refused:
    if name in _CLIENT_ERRORS:
        sentence = "Zoho doesn't know this client id and secret. See that both are right for this data centre."
        return Refused(sentence, detail=words, code=name, cause="invalid_client")
    if name in ("invalid_code", "invalid_grant"):
        sentence = "Zoho's one-time code has been used or is too old. Press Connect again."
        return Refused(sentence, detail=words, code=name, cause="expired_code")
    if "redirect" in name:
        sentence = "The redirect address isn't the one registered at Zoho. Copy it from this page into Zoho's console."
        return Refused(sentence, detail=words, code=name, cause="redirect_uri")
    return Refused("Zoho refused the login. Its own words say why.", detail=words, code=name)


def _key(value: object) -> str:
    """A token, "" for what can't be one: it goes into a header."""
    text = value if isinstance(value, str) else ""
    return text if text.isascii() and text.isprintable() and " " not in text else ""


def _scopes(granted: object) -> tuple[str, ...]:
    """The scopes Zoho names, by commas or blanks; all that were asked for when it names none (RFC 6749, 5.1)."""
    named = granted.replace(",", " ").split() if isinstance(granted, str) else []
    return tuple(named) or SCOPES
