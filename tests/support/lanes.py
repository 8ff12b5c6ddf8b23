"""Calls to the translating reference gateway in this process, and requests of every family that ask for the same."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request as ServerRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.core.model import Answer, Exchange, Request
from conformance.judge import contract
from conformance.protocol.reading import Reading
from conformance.reference import DEFAULT_KEY
from conformance.reference.gateway.families import BEHIND, PATHS, VIA
from conformance.reference.provider import create_app as create_provider
from tests.support.in_process import UPSTREAM_KEY, InProcessClient, gateway

CHAT, RESPONSES, MESSAGES = "chat_completions", "responses", "messages"
FAMILIES = (CHAT, RESPONSES, MESSAGES)
MODELS = {family: model for model, family in VIA.items()}
"""Family of the upstream -> the model whose upstream it is."""
UPSTREAMS = {model: dict.fromkeys(FAMILIES, upstream) for model, upstream in BEHIND.items()}
"""The `upstreams` of the translating gateway's profile: model -> endpoint -> family of the upstream."""
CROSSED = [(mine, theirs) for mine in FAMILIES for theirs in FAMILIES if mine != theirs]
LANES = [(mine, theirs) for mine in FAMILIES for theirs in FAMILIES]


@dataclass
class Seen:
    """A request that arrived at the upstream."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Behind:
    """The upstream: passes requests to `app`, and keeps them."""

    app: ASGIApp
    seen: list[Seen] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await ServerRequest(scope, receive).body()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.seen.append(Seen(scope["path"], headers, json.loads(body)))
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Any:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, again, send)


@dataclass
class Lane:
    """A gateway and the upstream behind it."""

    client: InProcessClient
    behind: Behind

    def ask(self, family: str, upstream: str, body: dict[str, Any]) -> Exchange:
        """The exchange for a request of `family` to the model whose upstream is `upstream`."""
        sent = json.dumps({"model": MODELS[upstream], **body}).encode()
        headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
        if family == MESSAGES:
            headers += (("anthropic-version", "2023-06-01"),)
        auth = ("x-api-key",) if family == MESSAGES else ("bearer",)
        request = Request("POST", f"http://gateway.test{PATHS[family]}", headers, sent, auth)
        return self.client.send(family, request, DEFAULT_KEY)


@contextmanager
def lanes(app: ASGIApp | None = None) -> Iterator[Lane]:
    behind = Behind(app or create_provider(key=UPSTREAM_KEY, pace=0))
    with InProcessClient(gateway(translations=VIA, upstream=behind), 20.0) as client:
        yield Lane(client, behind)


def fixed(
    body: bytes | dict[str, Any] | Sequence[bytes], status: int = 200, headers: Mapping[str, str] | None = None
) -> ASGIApp:
    """An upstream that always answers the same; a sequence of bytes is a stream, and its last item may be b"cut"."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(body, bytes | dict):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = {"content-type": "application/json"} | dict(headers or {})
            await Response(data, status, kind)(scope, receive, send)
            return
        kind = {"content-type": "text/event-stream"} | dict(headers or {})
        raw = [(name.encode(), value.encode()) for name, value in kind.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for data in body:
            if data == b"cut":
                return
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def raw(exchange: Exchange) -> bytes:
    return b"".join(chunk.data for chunk in exchange.chunks)


def content(exchange: Exchange) -> Any:
    return json.loads(raw(exchange))


def events(exchange: Exchange) -> list[Any]:
    """The JSON of the events of a stream; `[DONE]` is left out."""
    lines = [line.removeprefix(b"data: ") for line in raw(exchange).split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def findings(exchange: Exchange) -> list[str]:
    """The findings that count, with the expected and the actual value."""
    found = contract.findings(exchange)
    return [f"{each.rule}: {each.expected} / {each.got}" for each in found if each.level in ("must", "should")]


def answered(exchange: Exchange) -> Answer:
    """The content of the answer; fails without an answer."""
    found = Reading(exchange).answer
    assert found is not None, raw(exchange)
    return found


def final(exchange: Exchange) -> Any:
    """The body, or the object that the stream makes."""
    return Reading(exchange).final


def said(family: str, text: str, *, system: Sequence[str] = (), cap: int | None = None, **more: Any) -> dict[str, Any]:
    """A request with one text of the user, and system texts."""
    if family == CHAT:
        messages = [*({"role": "system", "content": each} for each in system), {"role": "user", "content": text}]
        return {"messages": messages, **({"max_completion_tokens": cap} if cap else {}), **more}
    if family == RESPONSES:
        items = [{"role": "developer", "content": each} for each in system]
        limit = {"max_output_tokens": cap} if cap else {}
        return {"input": [*items, {"role": "user", "content": text}], **limit, **more}
    blocks = {"system": [{"type": "text", "text": each} for each in system]} if system else {}
    return {"max_tokens": cap or 1000, **blocks, "messages": [{"role": "user", "content": text}], **more}


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def tools(family: str) -> dict[str, Any]:
    """One weather tool."""
    inner = {"name": "get_weather", "description": "The weather of a city"}
    if family == CHAT:
        return {"tools": [{"type": "function", "function": {**inner, "parameters": SCHEMA}}]}
    if family == RESPONSES:
        return {"tools": [{"type": "function", **inner, "parameters": SCHEMA, "strict": False}]}
    return {"tools": [{**inner, "input_schema": SCHEMA}]}


def forced(family: str, name: str | None = None) -> dict[str, Any]:
    """Any tool is forced, or the one with this name."""
    if name is None:
        return {"tool_choice": {"type": "any"} if family == MESSAGES else "required"}
    inner = {"type": "function", "function": {"name": name}} if family == CHAT else {"type": "function", "name": name}
    return {"tool_choice": {"type": "tool", "name": name} if family == MESSAGES else inner}


def structured(family: str) -> dict[str, Any]:
    if family == CHAT:
        wanted = {"name": "place", "schema": SCHEMA, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if family == RESPONSES:
        return {"text": {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}}}
    return {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}


def result_turn(family: str, question: str, id_: str, result: str) -> dict[str, Any]:
    """A conversation with a tool call and its result."""
    arguments = '{"city": "Oslo"}'
    if family == CHAT:
        call = {"id": id_, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}
        return {
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": id_, "content": result},
            ]
        }
    if family == RESPONSES:
        return {
            "input": [
                {"role": "user", "content": question},
                {"type": "function_call", "call_id": id_, "name": "get_weather", "arguments": arguments},
                {"type": "function_call_output", "call_id": id_, "output": result},
            ]
        }
    use = {"type": "tool_use", "id": id_, "name": "get_weather", "input": {"city": "Oslo"}}
    return {
        "max_tokens": 1000,
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id_, "content": result}]},
        ],
    }


def png(width: int = 8, height: int = 8) -> str:
    """A red picture as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\0\0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(image).decode()


def pictured(family: str, text: str, data: str) -> dict[str, Any]:
    """A question about a picture."""
    if family == CHAT:
        image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
        return {"messages": [{"role": "user", "content": [{"type": "text", "text": text}, image]}]}
    if family == RESPONSES:
        item = {"type": "input_image", "image_url": f"data:image/png;base64,{data}", "detail": "auto"}
        return {"input": [{"role": "user", "content": [{"type": "input_text", "text": text}, item]}]}
    source = {"type": "base64", "media_type": "image/png", "data": data}
    block = {"type": "image", "source": source}
    return {"max_tokens": 100, "messages": [{"role": "user", "content": [{"type": "text", "text": text}, block]}]}
