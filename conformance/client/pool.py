"""The connections to the gateway: whom TLS trusts, who uses which, and what becomes of a broken one."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import httpx

Connection = httpx.AsyncHTTPTransport

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=15.0)
"""How much goes on at once is decided by who sends; every connection is kept for the next request."""

for _logger in ("httpcore", "hpack", "h2"):
    # At DEBUG they write down headers as they come and go, the credential among them; pytest's --log-level asks so.
    logging.getLogger(_logger).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates to believe: those of `ca_bundle` (a PEM file; the usual ones without it), or anybody's."""

    ca_bundle: str = ""
    insecure: bool = False

    def context(self) -> ssl.SSLContext:
        """What TLS is spoken with. Raises OSError where the bundle cannot be read."""
        if self.ca_bundle and not self.insecure:
            return ssl.create_default_context(cafile=self.ca_bundle)
        return httpx.create_ssl_context(verify=not self.insecure)


USUAL_TRUST = Trust()


class Connections:
    """Each exchange has one for itself, and leaves it to the next; HTTP/2 needs only one for all.

    They are transports of httpx, which have no cookies, no redirects and no proxies of their own. One transport could
    hold all connections, but it looks at every one whenever a request begins and ends, so that with 32 under way most
    of the time of sending would go into that. Here a transport has one, or one for each server that it is led to.
    """

    def __init__(self, trust: Trust, http2: bool) -> None:
        self.http2 = http2
        self._trust = trust
        self._users: Counter[Connection] = Counter()
        self._free: list[Connection] = []

    def take(self) -> Connection:
        """One that is free, or a new one; to be asked for on the loop that uses it.

        Raises OSError where certificates cannot be read.
        """
        connection = self._free.pop() if self._free else self._new()
        if self.http2:
            self._free.append(connection)
        self._users[connection] += 1
        return connection

    async def leave(self, connection: Connection, sound: bool) -> None:
        """Gives it back. One on which anything broke is for nobody else, and closed when the last has left it."""
        self._users[connection] -= 1
        shared = connection in self._free
        if sound and not self.http2:
            self._free.append(connection)
        elif not sound and shared:
            self._free.remove(connection)
        if not self._users[connection] and connection not in self._free:
            del self._users[connection]
            await connection.aclose()

    async def close(self) -> None:
        """Hangs up."""
        for connection in self._users:
            await connection.aclose()

    def _new(self) -> Connection:
        return Connection(verify=self._context, http2=self.http2, limits=_LIMITS)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._trust.context()
