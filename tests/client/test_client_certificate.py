"""Servers that ask for a certificate, and certificates that cannot be used."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from conformance.client.client_certificate import ClientCertificate
from conformance.client.http import Client
from conformance.client.pool import Trust
from conformance.core.model import Exchange, Request
from conformance.core.yaml_input import InputError
from tests.run.test_hostile import encrypted
from tests.support.posts import KEY
from tests.support.servers import PATIENCE, Said, answer

PASSWORD = "certificate-pass-4711"


@dataclass(frozen=True)
class Files:
    """An authority, and the files of a client that it knows: a certificate, its key in three forms, another key."""

    authority: trustme.CA
    bundle: str
    certificate: str
    key: str
    both: str
    encrypted: str
    other: str
    nothing: str


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("client")
    authority = trustme.CA()
    own, other = authority.issue_cert("client@example.org"), authority.issue_cert("other@example.org")
    certificate, key = own.cert_chain_pems[0].bytes(), own.private_key_pem.bytes()
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode()))
    contents = {
        "bundle": authority.cert_pem.bytes(),
        "certificate": certificate,
        "key": key,
        "both": certificate + key,
        "encrypted": load_pem_private_key(key, None).private_bytes(*form),
        "other": other.private_key_pem.bytes(),
        "nothing": b"nothing",
    }
    for name, content in contents.items():
        (folder / f"{name}.pem").write_bytes(content)
    return Files(authority, **{name: str(folder / f"{name}.pem") for name in contents})


def sent(files: Files, own: ClientCertificate | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Exchange:
    """Sends a request to a server that demands a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files.authority.issue_cert("127.0.0.1").configure_cert(context)
    files.authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version

    def greet(connection: socket.socket, _said: Said) -> None:
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
            try:
                secured.do_handshake()
            except ssl.SSLError:
                _read_to_its_end(secured)  # closing with unread data would reset the connection, and lose the alert
                return
            subject = dict(pair for [pair] in secured.getpeercert()["subject"])
            secured.recv(65536)
            secured.sendall(answer(200, subject["organizationalUnitName"].encode()))

    with encrypted(greet) as origin, Client(PATIENCE, trust=Trust(files.bundle, own=own)) as client:
        return client.send("models", Request("GET", f"{origin}/v1/models"), KEY)


def _read_to_its_end(secured: ssl.SSLSocket) -> None:
    with suppress(OSError):
        while socket.socket.recv(secured, 65536):
            pass


@pytest.mark.socket
@pytest.mark.parametrize("name", ["key", "both", "encrypted"])
def test_a_certificate_is_sent_to_a_server_that_asks_for_it(name: str, files: Files) -> None:
    own = {
        "key": ClientCertificate(files.certificate, files.key),
        "both": ClientCertificate(files.both),
        "encrypted": ClientCertificate(files.certificate, files.encrypted, PASSWORD),
    }[name]
    exchange = sent(files, own)
    assert exchange.status == 200, exchange.problem


@pytest.mark.socket
def test_without_a_certificate_the_server_is_not_reached(files: Files) -> None:
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        exchange = sent(files, None, version)
        assert (exchange.status, exchange.ended) == (None, "unreachable"), exchange.problem
        assert "ALERT" in exchange.problem
    assert "TLSV13_ALERT_CERTIFICATE_REQUIRED" in exchange.problem


@pytest.mark.socket
def test_a_certificate_of_another_authority_is_refused(files: Files, tmp_path: Path) -> None:
    stranger = trustme.CA().issue_cert("client@example.org")
    stranger.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "stranger.pem"))
    exchange = sent(files, ClientCertificate(str(tmp_path / "stranger.pem")))
    assert (exchange.status, exchange.ended) == (None, "unreachable"), exchange.problem
    assert "UNKNOWN_CA" in exchange.problem


WRONG: dict[str, tuple[Callable[[Files], ClientCertificate], str]] = {
    "no such certificate": (lambda files: ClientCertificate("no.pem"), "--gateway-client-cert no.pem: the file cannot"),
    "no such key": (
        lambda files: ClientCertificate(files.certificate, "no.pem"),
        "--gateway-client-key no.pem: the file cannot be read",
    ),
    "a folder": (lambda files: ClientCertificate("."), "--gateway-client-cert .: the file cannot be read"),
    "no certificate": (lambda files: ClientCertificate(files.key), "the file holds no certificate"),
    "no key in the file": (lambda files: ClientCertificate(files.certificate), "no private key; add the key"),
    "no key": (lambda files: ClientCertificate(files.certificate, files.nothing), "no private key; give a PEM file"),
    "another key": (lambda files: ClientCertificate(files.certificate, files.other), "does not belong"),
    "no password": (
        lambda files: ClientCertificate(files.certificate, files.encrypted),
        "is encrypted; set its password in the environment variable GATEWAY_CLIENT_KEY_PASSWORD",
    ),
    "a wrong password": (
        lambda files: ClientCertificate(files.certificate, files.encrypted, "wrong"),
        "cannot be decrypted; check the password in GATEWAY_CLIENT_KEY_PASSWORD",
    ),
    "a long password": (
        lambda files: ClientCertificate(files.certificate, files.encrypted, "x" * 2000),
        "cannot be decrypted",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_cannot_be_used_are_one_sentence(name: str, files: Files) -> None:
    made, words = WRONG[name]
    with pytest.raises(InputError) as refused:
        Trust(own=made(files)).context()
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_only_clients_with_the_certificate_send_it(files: Files) -> None:
    """The context of other clients is shared by all of them."""
    assert Trust(own=ClientCertificate(files.both)).context() is not Trust().context()
    assert PASSWORD not in repr(Trust(own=ClientCertificate(files.both, "", PASSWORD)))
