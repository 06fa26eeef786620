"""The small protocols behind which outside systems stand, and the four errors they may raise."""

from __future__ import annotations

from app.domain.chart import Account, Item, Organization, Tax
from app.domain.hints import RegisteredWebhook
from app.domain.letters import Letter
from app.ports.books import BooksChoices, BooksPosting, Posted, Request
from app.ports.errors import InDoubt, NotConnected, OutsideError, Refused, Temporary
from app.ports.letters import Mailer, Pinger
from app.ports.logins import AccessToken, ApiClient, BooksLogin, Token, TokenKeeper
from app.ports.provider import PaymentProvider, WebhookReader, WebhookRegistry

__all__ = [
    "AccessToken",
    "Account",
    "ApiClient",
    "BooksChoices",
    "BooksLogin",
    "BooksPosting",
    "InDoubt",
    "Item",
    "Letter",
    "Mailer",
    "NotConnected",
    "Organization",
    "OutsideError",
    "PaymentProvider",
    "Pinger",
    "Posted",
    "Refused",
    "RegisteredWebhook",
    "Request",
    "Tax",
    "Temporary",
    "Token",
    "TokenKeeper",
    "WebhookReader",
    "WebhookRegistry",
]  # fmt: skip
