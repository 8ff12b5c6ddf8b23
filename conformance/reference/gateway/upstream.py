"""Relays calls to the provider: forwards the bytes unchanged, and replaces the credentials.

Hop-by-hop headers (RFC 9110, section 7.6.1) are not forwarded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from conformance.core.model import Headers
from conformance.reference.gateway.errors import Dialect, refusal
from conformance.reference.gateway.wire import Answer, BrokenOffError, Call, first, without

TIMEOUT = httpx.Timeout(600, connect=10)
"""The default of the official SDKs: ten minutes."""

_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
_CLIENT_ONLY = frozenset({"host", "content-length", "expect", "authorization", "x-api-key", "api-key", "cookie"})
_PROVIDER_ONLY = frozenset({"date", "server", "set-cookie", "x-request-id"})


def connect() -> httpx.AsyncClient:
    """The client for the provider: ignores proxies of the environment, follows no redirects, limits no connections."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    return httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False)


async def relay(client: httpx.AsyncClient, url: str, key: str, call: Call, dialect: Dialect) -> Answer:
    """The provider's answer to `call`, with its body still arriving; an error answer if the provider gives none.

    If the provider refuses the gateway's own key, the client gets a 502: the client is not at fault, and the
    provider's answer may quote the key.
    """
    try:
        reply = await client.send(_request(url, key, call, dialect), stream=True)
    except httpx.TimeoutException:
        return refusal(call, dialect, 504, "The upstream provider did not answer in time.")
    except httpx.TransportError:
        return refusal(call, dialect, 502, "The upstream provider could not be reached.")
    if reply.status_code in (401, 403):
        await reply.aclose()
        return refusal(call, dialect, 502, "The upstream provider refused the gateway.")
    return Answer(reply.status_code, _returned(reply), _body(reply), reply.aclose)


def _request(url: str, key: str, call: Call, dialect: Dialect) -> httpx.Request:
    credential = ("x-api-key", key) if dialect == "anthropic" else ("authorization", f"Bearer {key}")
    headers = without(_passing(call.headers), _CLIENT_ONLY)
    if first(headers, "accept-encoding") is None:
        headers = (*headers, ("accept-encoding", "identity"))
    target = httpx.URL(url).copy_with(raw_path=call.target)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*headers, credential)]
    return httpx.Request(call.method, target, headers=raw, content=call.body)


def _returned(reply: httpx.Response) -> Headers:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers.raw)
    return without(_passing(headers), _PROVIDER_ONLY)


def _passing(headers: Headers) -> Headers:
    """The headers to forward: without the hop-by-hop ones and those that `connection` names."""
    named = ",".join(value for name, value in headers if name.lower() == "connection")
    return without(headers, _HOP_BY_HOP | {name.strip().lower() for name in named.split(",")})


async def _body(reply: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes as they arrive, still content-coded; if the provider breaks off, the answer breaks off too."""
    try:
        async for data in reply.aiter_raw():
            yield data
    except httpx.TransportError:
        raise BrokenOffError from None
