"""The certificate with which the suite proves to a gateway who it is (mutual TLS), and its private key."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from conformance.core.yaml_input import InputError

CERTIFICATE = "--gateway-client-cert"
KEY = "--gateway-client-key"
PASSWORD = "GATEWAY_CLIENT_KEY_PASSWORD"
"""The environment variable with the password of an encrypted key; the command line would show it to other users."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """PEM files: `certificate` with the certificate and its chain, and `key` with the private key.

    Without `key`, the key is in the certificate's file. `password` is that of an encrypted key.
    """

    certificate: str
    key: str = ""
    password: str = field(default="", repr=False)

    def load(self, context: ssl.SSLContext) -> None:
        """Add the certificate to a TLS context. Raises InputError if the files do not fit."""
        for option, name in ((CERTIFICATE, self.certificate), (KEY, self.key)):
            if name:
                _check_readable(option, name)
        asked = False

        def password() -> str:
            """Called for an encrypted key. Without this function, OpenSSL would ask on the terminal."""
            nonlocal asked
            asked = True
            return self.password

        try:
            context.load_cert_chain(self.certificate, self.key or None, password)
        except (ssl.SSLError, ValueError) as error:
            raise InputError(self._problem(getattr(error, "reason", None), asked)) from None

    def _problem(self, reason: str | None, is_encrypted: bool) -> str:
        """The mistake in the files, about which OpenSSL says little."""
        key = f"{KEY} {self.key}" if self.key else f"{CERTIFICATE} {self.certificate}"
        if reason == "KEY_VALUES_MISMATCH":
            return f"{key}: the private key does not belong to the certificate; give the key of this certificate"
        if is_encrypted and not self.password:
            return f"{key}: the private key is encrypted; set its password in the environment variable {PASSWORD}"
        if is_encrypted:
            return f"{key}: the private key cannot be decrypted; check the password in {PASSWORD}"
        if not _has(self.certificate, b"CERTIFICATE"):
            return f"{CERTIFICATE} {self.certificate}: the file holds no certificate; give a PEM file"
        if not _has(self.key or self.certificate, b"PRIVATE KEY"):
            cure = "give a PEM file" if self.key else f"add the key to the file, or name its file with {KEY}"
            return f"{key}: the file holds no private key; {cure}"
        return f"{key}: OpenSSL cannot read the certificate or its key; give PEM files"


def _check_readable(option: str, name: str) -> None:
    try:
        with Path(name).open("rb"):
            pass
    except OSError as error:
        raise InputError(f"{option} {name}: the file cannot be read ({error.strerror}); give a PEM file") from None


def _has(name: str, kind: bytes) -> bool:
    """Whether a PEM file has a block of this kind, such as `-----BEGIN CERTIFICATE-----`."""
    return kind + b"-----" in Path(name).read_bytes()
