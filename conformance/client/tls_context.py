"""TLS contexts, each made once in a process: reading the certificate authorities takes longer than a request."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx

_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables that name other authorities than those of certifi."""


def tls_context(*, verify: bool = True, http2: bool = False) -> ssl.SSLContext:
    """The context of clients that have no authorities of their own. Raises OSError if the authorities cannot be read.

    They are those that the environment names, if it does. HTTP/2 has a context of its own, because httpcore writes the
    protocols that it offers into the context.
    """
    return _made(verify, http2, named_authorities())


def named_authorities() -> tuple[str, ...]:
    """The values of the environment variables that name other authorities than the usual ones."""
    return tuple(os.environ.get(name, "") for name in _VARIABLES)


@cache
def _made(verify: bool, _http2: bool, _named: tuple[str, ...]) -> ssl.SSLContext:
    return new_tls_context(verify=verify)


def new_tls_context(*, verify: bool = True) -> ssl.SSLContext:
    """A context of the same kind that nothing else uses. Raises OSError if the authorities cannot be read."""
    return httpx.create_ssl_context(verify=verify)


@cache
def no_tls_context() -> ssl.SSLContext:
    """The context of connections that use no TLS. It trusts no authority, so a TLS connection would fail."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
