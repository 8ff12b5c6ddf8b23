"""The control of the scripted provider: registers what it answers, and fetches what the gateway sent to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from conformance.client.content_coding import Decoder, DecodingError
from conformance.client.pool import DEFAULT_TRUST, ConnectionPool
from conformance.core import credential
from conformance.core.case_format import UpstreamScript
from conformance.core.model import Chunk, Exchange, Request
from conformance.core.provider_control import OPEN_PATH, SCRIPTS_PATH

_TIMEOUTS = {"timeout": httpx.Timeout(40.0).as_dict()}
"""Seconds for a control request; the provider waits for the end of the gateway's requests."""
_MAX_BYTES = 16 * 1024 * 1024
"""The limit of an answer of the provider after content decoding."""


class ProviderLostError(Exception):
    """The scripted provider does not answer, or refuses the control key; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class ProviderAddress:
    """Where the scripted provider is. `url` is without `/v1`; gateways send `key`, the suite sends `control_key`."""

    url: str
    key: str = field(repr=False)
    control_key: str = field(repr=False)


class Provider:
    """The provider's control path. Its methods are called on the client's event loop.

    `secrets` are (placeholder, secret) pairs that are replaced in records.
    """

    def __init__(self, address: ProviderAddress, secrets: Sequence[tuple[str, str]]) -> None:
        self.url = address.url
        self._headers = {"authorization": f"Bearer {address.control_key}"}
        self._secrets = tuple(secrets)
        self._connections = ConnectionPool(DEFAULT_TRUST, http2=False)

    async def check(self) -> None:
        """Raises ProviderLostError if the provider is not there, is not a scripted one, or refuses the key."""
        answer = await self._send("GET", "")
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise ProviderLostError(
                f"{self.url}: the provider refuses the control key; "
                "set PROVIDER_CONTROL_KEY to the key that it was started with"
            )
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise ProviderLostError(
                f"{self.url}: this is not a scripted provider; "
                "start one with `gateway-conformance serve provider --scripted`"
            )

    async def register(self, token: str, script: UpstreamScript) -> None:
        """Registers a script under a token; an earlier one is replaced. Raises ProviderLostError."""
        await self._send("PUT", f"/{token}", json.dumps(script).encode())

    async def take(self, token: str, wait: float) -> tuple[Exchange, ...]:
        """Removes the script, and returns the gateway's requests with this token, oldest first.

        Waits at most `wait` seconds for their end. Raises ProviderLostError.
        """
        answer = await self._send("DELETE", f"/{token}?wait={wait:g}")
        try:
            recorded = answer.json()["requests"]
        except (ValueError, KeyError, TypeError):
            raise ProviderLostError(f"{self.url}: the provider's record cannot be read") from None
        return tuple(self._exchange(record) for record in recorded)

    async def open_requests(self) -> int:
        """The number of the gateway's requests whose answer has not ended. Raises ProviderLostError."""
        answer = await self._request("GET", OPEN_PATH)
        try:
            return int(answer.json()["open"])
        except (ValueError, KeyError, TypeError):
            raise ProviderLostError(
                f"{self.url}: the provider does not count its open requests; start it with this version of the suite"
            ) from None

    async def close(self) -> None:
        """Closes the connections."""
        await self._connections.close()

    async def _send(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        return await self._request(method, f"{SCRIPTS_PATH}{path}", content)

    async def _request(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        connection, is_complete = self._connections.acquire(self.url), False
        try:
            request = httpx.Request(
                method, f"{self.url}{path}", headers=self._headers, content=content, extensions=_TIMEOUTS
            )
            answer = await connection.handle_async_request(request)
            try:
                await answer.aread()
            finally:
                await answer.aclose()
            is_complete = True
            return answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderLostError(f"{self.url}: the scripted provider does not answer ({error})") from None
        finally:
            await self._connections.release(connection, is_complete)

    def _exchange(self, record: Mapping[str, Any]) -> Exchange:
        body = base64.b64decode(record["request_body"])
        headers = tuple((name, value) for name, value in record["request_headers"])
        request = Request(record["method"], f"{self.url}{record['target']}", headers, body)
        exchange = Exchange(
            family=record["family"],
            request=request,
            status=record["status"],
            headers=tuple((name, value) for name, value in record["headers"]),
            chunks=_decoded(record),
            ended=record["ended"],
            problem=record["problem"],
            seconds=record["seconds"],
            date=record["date"],
        )
        return credential.redact_behind(exchange, self._secrets)


def _decoded(record: Mapping[str, Any]) -> tuple[Chunk, ...]:
    """The bytes that the provider wrote, after content decoding; as they are if they are not what their header says."""
    chunks = tuple(Chunk(at, base64.b64decode(data)) for at, data in record["chunks"])
    coding = ",".join(value for name, value in record["headers"] if name.lower() == "content-encoding")
    if not coding:
        return chunks
    try:
        decoder = Decoder(coding, _MAX_BYTES)
        return tuple(replace(chunk, data=decoder.feed(chunk.data)) for chunk in chunks)
    except DecodingError:
        return chunks
