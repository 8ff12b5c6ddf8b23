"""The provider as a web application: its routes, and what happens to a request from its arrival to its answer.

Order of checks, as on the official hosts: path and method, key, version, body.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from . import access, body, chat, messages, models, responses, vendors
from .cache import Cache
from .errors import Refused
from .identity import Seal
from .wire import Answer

DEFAULT_MODELS = ("reference-large", "reference-mini")
Work = Callable[[Request], Awaitable[Answer]]


def create_app(*, key: str, models: Sequence[str] = DEFAULT_MODELS, pace: float = 0.01) -> Starlette:
    """The provider: it accepts `key`, serves `models`, and waits `pace` seconds between streamed events."""
    return Provider(key, tuple(models), pace).app()


class Provider:
    """The state that the routes share: the key, the models, the stored responses, and the prompt cache."""

    def __init__(self, key: str, models: tuple[str, ...], pace: float) -> None:
        self._key = key
        self._models = models
        self._pace = pace
        self._seal = Seal(key)
        self._store = responses.Store()
        self._cache = Cache()

    def app(self) -> Starlette:
        """The application with its routes; errors of unknown paths and methods use the vendor's envelope."""
        routes = [
            self._route("POST", "/v1/chat/completions", self._chat),
            self._route("POST", "/v1/responses", self._responses),
            self._route("POST", "/v1/responses/compact", self._compact),
            self._route("POST", "/v1/responses/input_tokens", self._count_input_tokens),
            self._route("GET", "/v1/responses/{id}", self._response),
            self._route("DELETE", "/v1/responses/{id}", self._delete_response),
            self._route("GET", "/v1/responses/{id}/input_items", self._input_items),
            self._route("POST", "/v1/responses/{id}/cancel", self._cancel_response),
            self._route("POST", "/v1/conversations", self._create_conversation),
            self._route("GET", "/v1/conversations/{id}", self._conversation),
            self._route("DELETE", "/v1/conversations/{id}", self._delete_conversation),
            self._route("GET", "/v1/conversations/{id}/items", self._conversation_items),
            self._route("POST", "/v1/messages", self._messages),
            self._route("POST", "/v1/messages/count_tokens", self._count_tokens),
            self._route("GET", "/v1/models", self._list_models),
            self._route("GET", "/v1/models/{id:path}", self._model),
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _unrouted, Exception: _broken})
        app.router.redirect_slashes = False
        return app

    def _route(self, method: str, path: str, work: Work) -> Route:
        async def endpoint(request: Request) -> Response:
            vendor, started = vendors.of(request), time.perf_counter()
            try:
                access.authorise(request, vendor, self._key)
                answer = await work(request)
            except Refused as refused:
                return _refusal(request, refused, started)
            headers = vendors.success_headers(vendor, request, answer, vendors.request_id(vendor), started)
            if answer.frames:
                return StreamingResponse(self._paced(answer.frames), headers=headers)
            return Response(vendor.render(answer.body), headers=headers)

        return Route(path, endpoint, methods=[method])

    async def _paced(self, frames: Sequence[bytes]) -> AsyncIterator[bytes]:
        for index, each in enumerate(frames):
            if index:
                await asyncio.sleep(self._pace)
            yield each

    async def _chat(self, request: Request) -> Answer:
        return chat.answer(await body.read(request), self._models, self._cache)

    async def _responses(self, request: Request) -> Answer:
        return responses.answer(await body.read(request), self._models, self._store, self._seal, self._cache)

    async def _compact(self, request: Request) -> Answer:
        return responses.compact(await body.read(request), self._models, self._store, self._seal)

    async def _count_input_tokens(self, request: Request) -> Answer:
        return responses.count_tokens(await body.read(request), self._models, self._store, self._seal)

    async def _response(self, request: Request) -> Answer:
        if request.query_params.get("stream") == "true":
            return Answer(frames=self._store.resumed(request.path_params["id"], request.query_params))
        return Answer(body=self._store.response(request.path_params["id"]))

    async def _delete_response(self, request: Request) -> Answer:
        return Answer(body=self._store.delete(request.path_params["id"]))

    async def _input_items(self, request: Request) -> Answer:
        return Answer(body=self._store.input_items(request.path_params["id"], request.query_params))

    async def _cancel_response(self, request: Request) -> Answer:
        return Answer(body=self._store.cancel(request.path_params["id"]))

    async def _create_conversation(self, request: Request) -> Answer:
        return Answer(body=self._store.conversations.create(await body.read(request)))

    async def _conversation(self, request: Request) -> Answer:
        return Answer(body=self._store.conversations.show(request.path_params["id"]))

    async def _delete_conversation(self, request: Request) -> Answer:
        return Answer(body=self._store.conversations.delete(request.path_params["id"]))

    async def _conversation_items(self, request: Request) -> Answer:
        return Answer(body=self._store.conversations.items(request.path_params["id"], request.query_params))

    async def _messages(self, request: Request) -> Answer:
        dialect = access.dialect(request)
        return messages.answer(await body.read(request), self._models, self._seal, dialect, self._cache)

    async def _count_tokens(self, request: Request) -> Answer:
        dialect = access.dialect(request)
        return messages.count_tokens(await body.read(request), self._models, self._seal, dialect)

    async def _list_models(self, request: Request) -> Answer:
        if vendors.of(request) is vendors.OPENAI:
            return Answer(body=models.openai_list(self._models))
        access.dialect(request)
        return Answer(body=models.anthropic_list(self._models, request.query_params))

    async def _model(self, request: Request) -> Answer:
        id_ = request.path_params["id"]
        anthropic = vendors.of(request) is vendors.ANTHROPIC
        if anthropic:
            access.dialect(request)
        if id_ not in self._models:
            message = f"model: there is no model '{id_}'"
            raise Refused(message, param="model", code="model_not_found", status=404)
        return Answer(body=models.anthropic_model(id_) if anthropic else models.openai_model(id_))


def _refusal(request: Request, refused: Refused, started: float) -> Response:
    vendor = vendors.of(request)
    id_ = vendors.request_id(vendor)
    headers = vendors.refusal_headers(vendor, request, refused, id_, started)
    return Response(vendor.render(vendor.envelope(refused, id_)), refused.status, headers)


def _unrouted(request: Request, error: Exception) -> Response:
    """An unknown path, or an unsupported method; `allow` lists the methods (RFC 9110, 15.5.6)."""
    asked = f"{request.method} {request.url.path}"
    headers = error.headers if isinstance(error, HTTPException) else None
    if isinstance(error, HTTPException) and error.status_code == 405:
        refused = Refused(f"This method is not supported: {asked}.", code="method_not_supported", status=405)
    else:
        refused = Refused(f"There is no such URL: {asked}.", status=404)
    response = _refusal(request, refused, time.perf_counter())
    response.headers.update(headers or {})
    return response


def _broken(request: Request, _error: Exception) -> Response:
    refused = Refused("The server met an error of its own.", status=500)
    return _refusal(request, refused, time.perf_counter())
