"""Sends requests and notes three times of each answer: to its headers, its chunks and its end.

It does less than `http.Client` (no retries, redirects or redaction), so that little of the measured time is its own.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from conformance.client.pool import DEFAULT_TRUST, ConnectionPool
from conformance.core import credential
from conformance.core.model import Chunk, Ending, Exchange, Headers, Request


@dataclass(frozen=True, slots=True)
class Timed:
    """An exchange, and the seconds from sending to the headers of its answer (0 if none came)."""

    exchange: Exchange
    headers_at: float


class Stopwatch:
    """Sends requests over connections that it reuses. Use it as an async context manager."""

    def __init__(self, timeout: float) -> None:
        """`timeout` is the limit in seconds for a whole exchange."""
        self._timeout = timeout
        self._pool = ConnectionPool(DEFAULT_TRUST, http2=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()

    async def send(self, family: str, request: Request, key: str) -> Timed:
        """Send a request and read its answer. An error of the network is noted in the exchange, and never raised."""
        key_headers = credential.key_headers(dict.fromkeys(request.auth, key))
        headers = [(name.encode(), value.encode()) for name, value in (*request.headers, *key_headers)]
        outgoing = httpx.Request(request.method, request.url, headers=headers, content=request.body)
        status: int | None = None
        received: Headers = ()
        chunks: list[Chunk] = []
        ended: Ending = "complete"
        problem = ""
        headers_at = 0.0
        connection = self._pool.acquire(request.url)
        start = time.perf_counter()
        try:
            async with (
                asyncio.timeout(self._timeout),
                aclosing(await connection.handle_async_request(outgoing)) as response,
            ):
                headers_at = time.perf_counter() - start
                status = response.status_code
                received = tuple(
                    (name.decode("latin-1"), each.decode("latin-1")) for name, each in response.headers.raw
                )
                async for data in response.aiter_raw():
                    chunks.append(Chunk(time.perf_counter() - start, data))
        except TimeoutError:
            ended, problem = "timeout", f"no end within {self._timeout:g} s"
        except Exception as error:  # libraries raise many kinds of errors for invalid bytes
            ended = "unreachable" if isinstance(error, httpx.ConnectError) else "cut"
            problem = f"{type(error).__name__}: {error}".removesuffix(": ")
        seconds = time.perf_counter() - start
        await self._pool.release(connection, reusable=ended == "complete")
        exchange = Exchange(family, request, status, received, tuple(chunks), ended, problem, seconds=seconds)
        return Timed(exchange, headers_at)
