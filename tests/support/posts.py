"""Requests to the servers of tests.support.servers, and the received bytes."""

from __future__ import annotations

from conformance.core.model import Exchange, Request

KEY = "sk-client-test-4711"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def post(url: str, body: bytes = b"{}", auth: tuple[str, ...] = ("bearer",)) -> Request:
    return Request("POST", f"{url}/v1/messages", (("content-type", "application/json"),), body, auth)


def body(exchange: Exchange) -> bytes:
    return b"".join(chunk.data for chunk in exchange.chunks)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)
