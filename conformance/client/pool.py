"""The connection pool, and the TLS settings."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

import httpx

from conformance.client.client_certificate import ClientCertificate
from conformance.client.proxies import DIRECT, Proxies
from conformance.client.tls_context import named_authorities, new_tls_context, no_tls_context, tls_context

Connection = httpx.AsyncBaseTransport

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=15.0)
"""No limits in the transport: the sender limits concurrency, and every connection is kept for the next request."""

for _logger in ("httpcore", "hpack", "h2"):
    # At DEBUG, which pytest's --log-level may set, these libraries log headers, including the key.
    logging.getLogger(_logger).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Trust:
    """TLS verification: against the CAs in `ca_bundle` (a PEM file), the default CAs if empty, or none (`insecure`).

    `own` is the certificate that the suite sends if a server asks for one.
    """

    ca_bundle: str = ""
    insecure: bool = False
    own: ClientCertificate | None = None

    @property
    def is_usual(self) -> bool:
        """Whether neither the user nor the environment names a file; the context can then be made."""
        return not (self.ca_bundle or self.own or any(named_authorities()))

    def context(self, http2: bool = False) -> ssl.SSLContext:
        """Return the TLS context. Raises OSError if the bundle cannot be read, InputError for a bad `own`."""
        context = self._context(http2)
        if self.own:
            self.own.load(context)
        return context

    def _context(self, http2: bool) -> ssl.SSLContext:
        if self.ca_bundle and not self.insecure:
            return ssl.create_default_context(cafile=self.ca_bundle)
        if self.own:  # other clients must not send it, so the context is not shared
            return new_tls_context(verify=not self.insecure)
        return tls_context(verify=not self.insecure, http2=http2)


DEFAULT_TRUST = Trust()


class ConnectionPool:
    """Gives each exchange a connection of its own and reuses it afterwards; with HTTP/2, one connection serves all.

    A connection is an httpx transport, which has no cookies or redirects of its own. A single transport could
    manage all connections, but httpcore then looks at every connection whenever a request starts or ends; with 32 in
    flight that takes most of the time. Here a transport has one connection.

    Connections for http are kept apart from those for https: they do not need the CAs, which take longer to read than
    many requests.
    """

    def __init__(self, trust: Trust, http2: bool, proxies: Proxies = DIRECT) -> None:
        self.http2 = http2
        self._trust = trust
        self._proxies = proxies
        self._users: Counter[Connection] = Counter()
        self._plain: list[Connection] = []
        self._secure: list[Connection] = []
        self._place: dict[Connection, list[Connection]] = {}

    def acquire(self, url: str) -> Connection:
        """Return a free connection for this URL and others of its origin, or a new one.

        Call it on the event loop that uses the connection. Raises OSError if the CA bundle cannot be read.
        """
        is_plain = url.startswith("http:")
        free = self._plain if is_plain else self._secure
        connection = free.pop() if free else self._new(is_plain)
        self._place[connection] = free
        if self.http2:
            free.append(connection)
        self._users[connection] += 1
        return connection

    async def release(self, connection: Connection, reusable: bool) -> None:
        """Return a connection. If it is not reusable, it is closed after its last user has released it."""
        self._users[connection] -= 1
        free = self._place[connection]
        shared = connection in free
        if reusable and not self.http2:
            free.append(connection)
        elif not reusable and shared:
            free.remove(connection)
        if not self._users[connection] and connection not in free:
            del self._users[connection], self._place[connection]
            with suppress(Exception):  # a connection that broke may break again when it is closed
                await connection.aclose()

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._users:
            await connection.aclose()

    def _new(self, is_plain: bool) -> Connection:
        transport = partial(self._transport, is_plain)
        return _ByProxy(self._proxies, transport) if self._proxies else transport()

    def _transport(self, is_plain: bool, proxy: str = "") -> Connection:
        verify = no_tls_context() if is_plain else self._context
        context = self._context_of_proxies if proxy.startswith("https:") else None
        through = httpx.Proxy(proxy, ssl_context=context) if proxy else None
        return httpx.AsyncHTTPTransport(verify=verify, http2=self.http2, limits=_LIMITS, proxy=through)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._trust.context(self.http2)

    @cached_property
    def _context_of_proxies(self) -> ssl.SSLContext:
        """The TLS context of connections to proxies with https, which do not get the certificate for the gateway.

        httpcore writes the protocols that it offers into the context, so it is another one than the gateway's.
        """
        return replace(self._trust, own=None).context()


class _ByProxy(httpx.AsyncBaseTransport):
    """A connection whose way depends on the address: through one of the proxies, or direct."""

    def __init__(self, proxies: Proxies, transport: Callable[[str], Connection]) -> None:
        self._proxies = proxies
        self._transport = transport
        self._made: dict[str, Connection] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._proxies.of(str(request.url))
        if proxy not in self._made:
            self._made[proxy] = self._transport(proxy)
        return await self._made[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for made in self._made.values():
            await made.aclose()
