"""TLS contexts are made once, and again where the environment names other authorities."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from conformance.client.tls_context import no_tls_context, tls_context


def test_a_context_is_made_once() -> None:
    assert tls_context() is tls_context()
    assert tls_context(http2=True) is tls_context(http2=True)
    different = [tls_context(), tls_context(http2=True), tls_context(verify=False), no_tls_context()]
    assert len(set(map(id, different))) == len(different)
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context(verify=False).verify_mode is ssl.CERT_NONE


def test_where_no_tls_is_used_no_certificate_is_trusted() -> None:
    assert no_tls_context().verify_mode is ssl.CERT_REQUIRED
    assert no_tls_context().check_hostname
    assert not no_tls_context().cert_store_stats()["x509"]


def test_the_environment_names_other_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    usual, bundle = tls_context(), tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert tls_context() is not usual
    assert tls_context().cert_store_stats()["x509"] == 1
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(FileNotFoundError):
        tls_context()
    monkeypatch.delenv("SSL_CERT_FILE")
    assert tls_context() is usual
