"""The gateway's application: checks the path, the method, the key and the model, in this order.

All answers are made by one function, an `Answering`, which takes a `Call` and returns an `Answer`.
`create_app(around=...)` wraps it: the wrapper can change the call, change the answer, or answer itself.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from conformance.core.bounded_json import read_object
from conformance.core.model import JSON
from conformance.reference import coded
from conformance.reference.gateway import web_sockets
from conformance.reference.gateway.errors import Dialect, json_answer, refusal
from conformance.reference.gateway.families import (
    IMPATIENT,
    PATHS,
    RESPONSES,
    UNREACHABLE,
    UPSTREAM_MODEL,
    family_of,
)
from conformance.reference.gateway.models import model, model_list
from conformance.reference.gateway.translate import translated
from conformance.reference.gateway.upstream import NOWHERE, PATIENCE, TIMEOUT, Connections, connect, relay
from conformance.reference.gateway.wire import (
    Answer,
    Call,
    first,
    read_call,
    send_answer,
    while_connected,
    whole,
    without,
    write_bare,
)

MAX_BYTES = 4 * 1024 * 1024
"""The largest body in bytes; the provider accepts more."""

Answering = Callable[[Call], Awaitable[Answer]]
"""Returns the answer to a call."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a gateway: `upstream` is the provider's base URL without `/v1`.

    `translations` names models whose upstream is of one family on every endpoint; they are beside `models`.
    """

    upstream: str
    upstream_key: str = field(repr=False)
    key: str = field(repr=False)
    models: tuple[str, ...]
    translations: Mapping[str, str] = field(default_factory=dict)

    @property
    def offered(self) -> tuple[str, ...]:
        """All models that clients may use."""
        return (*self.models, *self.translations)


_UPGRADE = (("upgrade", "HTTP/1.1"), ("connection", "Upgrade"))
"""Answers with 426 have to name a protocol (RFC 9110, section 15.5.22)."""

Endpoint = Callable[[Settings, Connections, Call, Dialect], Awaitable[Answer]]


def create_app(
    *,
    upstream: str,
    upstream_key: str,
    key: str,
    models: Sequence[str],
    around: Callable[[Answering], Answering] = lambda answering: answering,
    translations: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
) -> Starlette:
    """A gateway in front of the provider at `upstream` (its base URL without `/v1`).

    Clients send `key` and may use `models`; the provider gets `upstream_key` instead. `translations` are further models
    with the family of their upstream (`families.VIA`). `timeout` is the longest silence of the provider in seconds.
    """
    settings = Settings(upstream, upstream_key, key, tuple(models), translations or {})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Connections]]:
        async with connect(upstream, timeout) as client:
            yield {"client": client}

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        answering = around(partial(answer, settings, scope["state"]["client"]))
        if scope["type"] == "websocket":
            await web_sockets.serve(answering, scope, receive, send)
            return
        call = await read_call(scope, receive)
        if call is not None:
            await while_connected(_respond(answering, _decompressed(call), scope, send), receive)

    return Starlette(routes=[Mount("/", app=endpoint)], lifespan=lifespan)


def _decompressed(call: Call) -> Call:
    """The call with its body decoded, and without the header that says so; as it is, if it cannot be decoded."""
    coding = first(call.headers, "content-encoding")
    if coding is None:
        return call
    try:
        body = call.body if coding.strip().lower() == "identity" else coded.decoded(call.body, coding, MAX_BYTES)
    except coded.TooLargeError:
        return replace(call, body=bytes(MAX_BYTES + 1))
    except coded.UnknownCodingError:
        return call
    return replace(call, body=body, headers=without(call.headers, frozenset({"content-encoding", "content-length"})))


async def _respond(answering: Answering, call: Call, scope: Scope, send: Send) -> None:
    answer = await answering(call)
    await (write_bare(answer, scope["state"]["connection"]) if answer.bare else send_answer(answer, send))


async def answer(settings: Settings, client: Connections, call: Call) -> Answer:
    """The gateway's answer to `call`, with its request ids."""
    dialect = dialect_of(call)
    return named(await _decide(settings, client, call, dialect), call, dialect)


def dialect_of(call: Call) -> Dialect:
    """The vendor whose error envelope a path uses; for the model list the version header decides."""
    if f"{call.path}/".startswith("/v1/messages/"):
        return "anthropic"
    asked = f"{call.path}/".startswith("/v1/models/") and first(call.headers, "anthropic-version") is not None
    return "anthropic" if asked else "openai"


async def _decide(settings: Settings, client: Connections, call: Call, dialect: Dialect) -> Answer:
    methods = {method: endpoint for path, method, endpoint in ROUTES if re.fullmatch(path, call.path)}
    asked = f"{call.method} {call.path}"
    if not methods:
        return refusal(call, dialect, 404, f"There is nothing at {asked}.", code="unknown_url")
    switches = call.web_socket and (call.method, call.path) == ("GET", PATHS[RESPONSES])
    if call.method not in methods and not switches:
        if first(call.headers, "upgrade"):
            return refusal(call, dialect, 426, f"There are no WebSockets at {call.path}; use POST.", headers=_UPGRADE)
        allow = (("allow", ", ".join(methods)),)
        message = f"{asked} is not possible; use {' or '.join(methods)}."
        return refusal(call, dialect, 405, message, code="method_not_supported", headers=allow)
    if not _keys(call):
        return _unauthorized(call, dialect, "No API key was sent.", None)
    if not any(hmac.compare_digest(key.encode(), settings.key.encode()) for key in _keys(call)):
        return _unauthorized(call, dialect, "The API key is not valid.", "invalid_api_key")
    if len(call.body) > MAX_BYTES:
        return refusal(call, dialect, 413, f"The body is longer than {MAX_BYTES} bytes.", code="request_too_large")
    if coding := first(call.headers, "content-encoding"):
        message = f"The body is not in the content coding '{coding}', or it is not supported."
        return refusal(call, dialect, 400, message, code="request_body_encoding_unsupported")
    return Answer(101, (), whole(b"")) if switches else await methods[call.method](settings, client, call, dialect)


def _keys(call: Call) -> list[str]:
    """The keys in the headers that the endpoint accepts."""
    scheme, _, bearer = (first(call.headers, "authorization") or "").partition(" ")
    keys = [bearer.strip()] if scheme.lower() == "bearer" else []
    if call.path.startswith(("/v1/messages", "/v1/models")):
        keys.append(first(call.headers, "x-api-key") or "")
    return [key for key in keys if key]


def _unauthorized(call: Call, dialect: Dialect, message: str, code: str | None) -> Answer:
    challenge = (("www-authenticate", "Bearer"),)
    return refusal(call, dialect, 401, message, code=code, headers=challenge)


def named(answer: Answer, call: Call, dialect: Dialect) -> Answer:
    """`answer` with the request id headers that the vendor's clients read.

    The provider's `request-id` is kept, because its error bodies contain it.
    """
    request_id = first(answer.headers, "request-id") or call.id
    ids = [("x-request-id", request_id if dialect == "anthropic" else call.id)]
    if dialect == "anthropic":
        ids.append(("request-id", request_id))
    return replace(answer, headers=(*without(answer.headers, frozenset({"request-id"})), *ids))


async def _list_models(settings: Settings, _client: Connections, call: Call, dialect: Dialect) -> Answer:
    try:
        return json_answer(200, model_list(settings.offered, dialect, call.query))
    except ValueError as error:
        return refusal(call, dialect, 400, str(error))


async def _show_model(settings: Settings, _client: Connections, call: Call, dialect: Dialect) -> Answer:
    name = call.path.removeprefix("/v1/models/")
    return json_answer(200, model(name, dialect)) if name in settings.offered else _no_model(call, dialect, name)


async def _generate(settings: Settings, client: Connections, call: Call, dialect: Dialect) -> Answer:
    """Relays a call to a model that the gateway offers. A body without a usable model name is left to the provider."""
    name = _model_named(call.body)
    if name is not None and name not in settings.offered:
        return _no_model(call, dialect, name)
    family, upstream = family_of(call.path), settings.translations.get(name or "")
    if name is None or family is None or upstream is None:
        return await _relay(settings, client, call, dialect)
    if upstream == UNREACHABLE:
        return await relay(client, NOWHERE, settings.upstream_key, call, dialect)
    if name in IMPATIENT:
        call = replace(call, patience=PATIENCE)
    if upstream == family:
        return await _relay_mapped(settings, client, call, dialect, name)
    if call.path.endswith("/count_tokens"):
        return refusal(call, dialect, 404, f"The model '{name}' cannot count tokens.")
    if call.path.startswith("/v1/responses/"):
        return refusal(call, dialect, 404, f"The model '{name}' has nothing at {call.path}.", code="unknown_url")
    return await translated(client, settings.upstream, settings.upstream_key, call, family, upstream)


async def _relay(settings: Settings, client: Connections, call: Call, dialect: Dialect) -> Answer:
    return await relay(client, settings.upstream, settings.upstream_key, call, dialect)


async def _relay_mapped(settings: Settings, client: Connections, call: Call, dialect: Dialect, name: str) -> Answer:
    """Relays a call with the upstream's name of the model, and the answer with the client's."""
    body = {**json.loads(call.body), "model": UPSTREAM_MODEL}
    mapped = replace(call, body=json.dumps(body).encode())
    rename = partial(_renamed, name=name)
    return await relay(client, settings.upstream, settings.upstream_key, mapped, dialect, rename)


def _renamed(value: JSON, name: str) -> JSON:
    """An answer or an event with another name of the model, wherever the families have it."""
    changed = {**value, "model": name} if "model" in value else dict(value)
    for member in ("response", "message"):
        inner = value.get(member)
        if isinstance(inner, dict) and "model" in inner:
            changed[member] = {**inner, "model": name}
    return changed


def _model_named(body: bytes) -> str | None:
    """None if the body has none, or is nested too deeply, which the provider refuses."""
    name = (read_object(body) or {}).get("model")
    return name if isinstance(name, str) else None


def _no_model(call: Call, dialect: Dialect, name: str) -> Answer:
    message = f"The model '{name}' does not exist, or this key may not use it."
    return refusal(call, dialect, 404, message, param="model", code="model_not_found")


ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("/v1/chat/completions", "POST", _generate),
    ("/v1/responses", "POST", _generate),
    ("/v1/responses/(?:compact|input_tokens)", "POST", _generate),
    ("/v1/responses/[^/]+", "GET", _relay),
    ("/v1/responses/[^/]+", "DELETE", _relay),
    ("/v1/responses/[^/]+/cancel", "POST", _relay),
    ("/v1/responses/[^/]+/input_items", "GET", _relay),
    ("/v1/conversations", "POST", _relay),
    ("/v1/conversations/[^/]+", "GET", _relay),
    ("/v1/conversations/[^/]+", "DELETE", _relay),
    ("/v1/conversations/[^/]+/items", "GET", _relay),
    ("/v1/messages", "POST", _generate),
    ("/v1/messages/count_tokens", "POST", _generate),
    ("/v1/models", "GET", _list_models),
    ("/v1/models", "HEAD", _list_models),
    ("/v1/models/.+", "GET", _show_model),
    ("/v1/models/.+", "HEAD", _show_model),
)
"""Path (a pattern for the whole path), method, and the function that answers."""
