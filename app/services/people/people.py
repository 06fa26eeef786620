"""People: made by the first set-up or by command, and let in once by a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.clock import Clock
from app.services.people import passwords, sign_ins
from app.services.people.roles import ROLES
from app.services.refusals import Refusal
from app.store import businesses
from app.store import people as table
from app.store.businesses import Membership
from app.store.db import read, write
from app.store.people import OneTimeLink, User

LINK_LIFE = timedelta(minutes=30)

_TAKEN = "Somebody with this email is here already."
_STALE = (
    "This set-up token is wrong, used or more than 30 minutes old. "
    "Copy it from the server's console; a restart prints a new one."
)


@dataclass(frozen=True)
class Person:
    """One user."""

    id: int
    email: str


@dataclass(frozen=True)
class SetupOffer:
    """A set-up token given by configuration ("" if none), good for 30 minutes from `since`."""

    token: str
    since: datetime


def plain_email(email: str) -> str:
    """The address as it is stored, in lower case; Refusal if it can't be one."""
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise Refusal("This isn't an email address. It looks like name@example.com.", field="email") from error


def create_user(clock: Clock, email: str, password: str, role: str = "owner", business: str = "") -> Person:
    """A new person with `role` in one business, or as owner in all there are. Refusal names the field at fault."""
    email = plain_email(email)
    passwords.check_new(password, email)
    if role not in ROLES:
        raise Refusal(f"There is no role {role!r}. Use one of: {', '.join(ROLES)}.", field="role")
    if role != "owner" and not business:
        raise Refusal(f"Name the business in which this person is {role}.", field="business")
    hashed = passwords.hash_of(password)
    try:
        with write() as session:
            user = _insert(session, clock, email, hashed)
            for business_id in _business_ids(session, business):
                session.add(Membership(user_id=user.id, business_id=business_id, role=role))
            return Person(user.id, user.email)
    except IntegrityError as error:
        raise Refusal(_TAKEN, field="email") from error


def _insert(session: Session, clock: Clock, email: str, hashed: str) -> User:
    user = User(email=email, password_hash=hashed, created_at=clock.now())
    session.add(user)
    session.flush()
    return user


def _business_ids(session: Session, slug: str) -> list[int]:
    if not slug:
        return [row.id for row in businesses.all_businesses(session)]
    row = businesses.by_slug(session, slug)
    if row is None:
        raise Refusal(f"There is no business {slug!r}.", field="business")
    return [row.id]


def setup_open() -> bool:
    """Whether the first owner is still to be made."""
    with read() as session:
        return not table.anyone(session)


def offer_setup(clock: Clock, configured: str = "") -> str | None:
    """The token to print on the console, good for 30 minutes from now; None once anybody is here."""
    token = configured or sign_ins.new_token()
    now = clock.now()
    with write() as session:
        if table.anyone(session):
            return None
        row = table.link_of(session, sign_ins.token_hash(token), "setup")
        if row is None:
            row = _link(session, token, "setup", now)
        row.expires_at, row.used_at = now + LINK_LIFE, None
    return token


def create_first_owner(clock: Clock, token: str, email: str, password: str, offer: SetupOffer | None = None) -> Person:
    """The first person, once and never again, however many ask at the same time. Refusal changes nothing."""
    email = plain_email(email)
    passwords.check_new(password, email)
    hashed = passwords.hash_of(password)
    try:
        with write() as session:
            if table.anyone(session):
                raise Refusal("The first owner has been made already. Sign in instead.", field="token")
            _use_setup_token(session, clock.now(), token.strip(), offer)
            user = _insert(session, clock, email, hashed)
            for business_id in _business_ids(session, ""):
                session.add(Membership(user_id=user.id, business_id=business_id, role="owner"))
            return Person(user.id, user.email)
    except IntegrityError as error:
        raise Refusal(_STALE, field="token") from error


def _use_setup_token(session: Session, now: datetime, token: str, offer: SetupOffer | None) -> None:
    named = sign_ins.token_hash(token)
    offered = offer is not None and offer.token != "" and named == sign_ins.token_hash(offer.token)
    if offered and offer is not None and table.link_of(session, named, "setup") is None:
        # Its row is unique: of two who race on another database than SQLite, one fails here.
        _link(session, token, "setup", offer.since)
        session.flush()
    if not table.take_link(session, named, "setup", now):
        raise Refusal(_STALE, field="token")


def create_sign_in_link(clock: Clock, user_id: int) -> str:
    """The path of a link that signs this person in once, within 30 minutes."""
    token = sign_ins.new_token()
    now = clock.now()
    with write() as session:
        row = _link(session, token, "sign_in", now)
        row.user_id = user_id
        row.expires_at = now + max(LINK_LIFE, sign_ins.link_life(clock))
    return f"/login/link/{token}"


def _link(session: Session, token: str, purpose: str, now: datetime) -> OneTimeLink:
    row = OneTimeLink(
        token_hash=sign_ins.token_hash(token), purpose=purpose, created_at=now, expires_at=now + LINK_LIFE
    )
    session.add(row)
    return row


def sign_in_link_works(clock: Clock, token: str) -> bool:
    """Whether a sign-in link may still be used."""
    with read() as session:
        row = table.link_of(session, sign_ins.token_hash(token), "sign_in")
        return row is not None and row.used_at is None and row.expires_at > clock.now()


def use_sign_in_link(clock: Clock, token: str, address: str) -> str:
    """The token of a new sign-in; Refusal if the link was used or is too old."""
    now, named = clock.now(), sign_ins.token_hash(token)
    with write() as session:
        row = table.link_of(session, named, "sign_in")
        user = session.get(User, row.user_id) if row else None
        if user is None or user.disabled_at is not None or not table.take_link(session, named, "sign_in", now):
            raise Refusal("This link was used already or is too old. Sign in with email and password.")
        return sign_ins.begin(session, clock, user.id, now, address)


def sign_in(clock: Clock, user_id: int, address: str) -> str:
    """The token of a new sign-in for a person who has just proved who he is."""
    now = clock.now()
    with write() as session:
        return sign_ins.begin(session, clock, user_id, now, address)
