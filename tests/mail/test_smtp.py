"""The SMTP adapter against a real server: encryption, sign-in, and what each answer means."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.domain.letters import Letter
from app.mail import messages
from app.mail.smtp import SmtpMailer, server_of
from app.ports import Refused, Temporary
from tests.mailbox import Mailbox, open_mailbox

LETTER = Letter(
    subject="Kopi House: sign in to Zoho Books again",
    says=["Since noon nothing is posted.", "18 sales, ₹1,830.20 & SGD 4.00, wait."],
    items=["one", "two <b>"],
    button="Reconnect",
    address="https://books.example.com/b/kopi-house/zoho",
    lines=["First.", "Second.", "Third."],
)
SENDER, ID = "tieout@example.com", "<1@example.com>"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine, with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(begin - dt.timedelta(days=3650)).not_valid_after(begin + dt.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    # handled=False, or a client that was turned down hangs until it times out
    return AuthResult(success=data.password == b"right", handled=False)


def test_text_and_html_say_the_same(mailbox: Mailbox) -> None:
    answer = SmtpMailer(mailbox.url, SENDER, "host").send("owner@example.com", ID, LETTER)
    assert answer == "250 taken"
    (mail,) = mailbox.received
    assert (mail.subject, mail.message["Message-ID"]) == (LETTER.subject, ID)
    assert mail.message["From"] == "Tieout <tieout@example.com>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    for sentence in (*LETTER.says, *LETTER.lines, LETTER.address):
        assert sentence in mail.text
        assert sentence.replace("&", "&amp;") in mail.html
    assert "two <b>" in mail.text
    assert "two &lt;b&gt;" in mail.html
    assert 'style="' in mail.html
    assert "src=" not in mail.html, "nothing is fetched by whoever reads it"


def test_starttls_and_sign_in(certificate: Path) -> None:
    options = {
        "tls_context": server_side(certificate), "require_starttls": True,
        "authenticator": authenticator, "auth_required": True,
    }  # fmt: skip
    with open_mailbox(**options) as mailbox:
        url = f"smtp://me%40example.com:right@localhost:{mailbox.port}"
        SmtpMailer(url, SENDER, "host", trusting(certificate)).send("owner@example.com", ID, LETTER)
        assert len(mailbox.received) == 1
        wrong = SmtpMailer(url.replace(":right@", ":wrong@"), SENDER, "host", trusting(certificate))
        with pytest.raises(Temporary, match="doesn't accept user and password") as caught:
            wrong.send("owner@example.com", ID, LETTER)
        assert "wrong" not in f"{caught.value} {caught.value.detail}"


def test_certificate_nobody_vouches_for_is_refused_and_nothing_sent(certificate: Path) -> None:
    with open_mailbox(tls_context=server_side(certificate)) as mailbox:
        with pytest.raises(Temporary, match="could not be reached"):
            SmtpMailer(f"smtp://localhost:{mailbox.port}", SENDER, "host").send("owner@example.com", ID, LETTER)
        assert mailbox.tried == 0


def test_implicit_tls(certificate: Path) -> None:
    with open_mailbox(ssl_context=server_side(certificate)) as mailbox:
        url = f"smtps://localhost:{mailbox.port}"
        SmtpMailer(url, SENDER, "host", trusting(certificate)).send("owner@example.com", ID, LETTER)
        assert len(mailbox.received) == 1


def test_server_without_starttls_gets_nothing_in_the_clear(mailbox: Mailbox) -> None:
    with pytest.raises(Temporary):
        SmtpMailer(f"smtp://127.0.0.1:{mailbox.port}", SENDER, "host").send("owner@example.com", ID, LETTER)
    assert mailbox.tried == 0


@pytest.mark.parametrize(
    ("answer", "error"), [("451 later", Temporary), ("554 spam", Refused), ("421 closing", Temporary)]
)
def test_answers_to_the_text_mean_later_or_never(mailbox: Mailbox, answer: str, error: type[Exception]) -> None:
    mailbox.answer = answer
    with pytest.raises(error) as caught:
        SmtpMailer(mailbox.url, SENDER, "host").send("owner@example.com", ID, LETTER)
    assert answer[:3] in caught.value.detail  # type: ignore[attr-defined]


def test_recipient_refused_is_refused_before_the_text_is_sent(mailbox: Mailbox) -> None:
    mailbox.refused = {"gone@example.com"}
    with pytest.raises(Refused, match="refuses this mail"):
        SmtpMailer(mailbox.url, SENDER, "host").send("gone@example.com", ID, LETTER)
    assert mailbox.tried == 0


def test_server_that_is_not_there_may_come_back(mailbox: Mailbox) -> None:
    mailbox.down()
    with pytest.raises(Temporary, match="could not be reached"):
        SmtpMailer(mailbox.url, SENDER, "host").send("owner@example.com", ID, LETTER)
    mailbox.up()


@pytest.mark.parametrize("recipient", ["a@example.com\nBcc: all@example.com", "a@example.com\r\n", "no address"])
def test_header_injection_is_refused(mailbox: Mailbox, recipient: str) -> None:
    with pytest.raises(Refused):
        SmtpMailer(mailbox.url, SENDER, "host").send(recipient, ID, LETTER)
    assert mailbox.received == []


def test_subject_is_one_line_whatever_it_holds(mailbox: Mailbox) -> None:
    wild = Letter(subject="Kopi\r\nBcc: all@example.com\x00\x85 House", says=["Hello."])
    SmtpMailer(mailbox.url, SENDER, "host").send("owner@example.com", ID, wild)
    (mail,) = mailbox.received
    assert (mail.subject, mail.message["Bcc"]) == ("Kopi Bcc: all@example.com House", None)
    assert len(messages.one_line("x" * 999)) == 200


def test_nothing_is_configured_without_an_address() -> None:
    assert not SmtpMailer("", "", "books.example.com").configured
    assert SmtpMailer("", "", "books.example.com").domain == "books.example.com"


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://user@host", "smtp://host?tls=off",
     "smtps://host?tls=none", "smtp://host:no"],
)  # fmt: skip
def test_address_of_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - urlsplit's own for a port
        server_of(url)
