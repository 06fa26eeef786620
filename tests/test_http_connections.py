"""Connections of the HTTP client: kept while they are clean, over TLS too, and never trusted with a leftover."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.clock import SystemClock
from app.http_client import Call, HttpClient

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"code":0}'


@contextmanager
def server(answer: bytes, secured: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[int]]]:
    """Answers every request alike; the list grows by one entry a connection, which counts its requests."""
    counts: list[int] = []
    peers: list[socket] = []
    listener = create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            counts.append(0)
            with secured.wrap_socket(peer, server_side=True) if secured else peer as talking:
                peers.append(talking)
                while request := talking.recv(65536):
                    assert request.endswith(b"{}")
                    counts[-1] += 1
                    talking.sendall(answer)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", counts
    finally:
        for one in (listener, *peers):
            with suppress(OSError):
                one.shutdown(SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def client() -> HttpClient:
    return HttpClient(SystemClock(), in_transaction=lambda: False, calls_per_minute=0, total_seconds=5.0)


def post(to: HttpClient, url: str) -> dict[str, object]:
    return to.write(Call(service="Zoho Books", url=url, body={})).fields


def test_connection_is_kept_for_the_next_call() -> None:
    with server(ANSWER) as (host, counts):
        ours = client()
        assert [post(ours, f"http://{host}/{number}") for number in range(3)] == [{"code": 0}] * 3
        assert counts == [3]


def test_connection_on_which_more_came_than_belongs_to_the_answer_is_closed() -> None:
    with server(ANSWER + b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"code":7}') as (host, counts):
        ours = client()
        assert [post(ours, f"http://{host}/{number}") for number in range(3)] == [{"code": 0}] * 3
        assert counts == [1, 1, 1]


def test_answers_come_over_tls_from_a_server_whose_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "server.pem"
    certificate.write_bytes(_certificate())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secured.load_cert_chain(certificate)
    with server(ANSWER, secured) as (host, counts):
        ours = client()
        assert [post(ours, f"https://{host}/{number}") for number in range(2)] == [{"code": 0}] * 2
        assert counts == [2]


def _certificate() -> bytes:
    """A key and a certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
