"""Faults of paths, queries, methods, keys and headers of a request.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.reference.changes import on_call, on_request, put
from conformance.reference.changes.asked import family_of, if_
from conformance.reference.changes.replies import refuse, reply_json
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call
from conformance.reference.gateway.wire import first


def _header(name: str, wanted: Callable[[str], bool]) -> Callable[[Call], bool]:
    """Whether a call has such a value in a header."""
    return lambda call: wanted(first(call.headers, name) or "")


def _has_query(call: Call) -> bool:
    return bool(call.query)


def _fetches(path: str) -> Callable[[Call], bool]:
    """Whether a call is a GET of this endpoint."""
    return lambda call: call.method == "GET" and call.path == path


_ENDPOINTS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


FAULTS = (
    Fault(
        id="routing-any-method",
        family="chat_completions",
        sentence="A PUT is answered like a POST.",
        rules=("case.refused",),
        cases="routing/methods/chat-with-a-right-body*method=PUT]",
        apply=on_call(lambda call: replace(call, method="POST")),
    ),
    *(
        Fault(
            id=f"routing-fetch-as-post-{name}",
            family="all",
            sentence=f"A GET to {path} is answered like a POST.",
            rules=("case.absent", "case.status") if name != "chat" else ("case.absent",),
            cases=f"routing/methods/{name}-fetched*",
            apply=if_(on_call(lambda call: replace(call, method="POST")), _fetches(path)),
        )
        for name, path in _ENDPOINTS.items()
    ),
    Fault(
        id="routing-query-counts",
        family="messages",
        sentence="A path with a query is not found.",
        rules=("case.accepted",),
        cases="routing/queries/messages-beta*",
        apply=if_(refuse(404, "Route not found."), _has_query),
        url="https://github.com/Wei-Shaw/claude-relay-service/issues/113",
    ),
    Fault(
        id="routing-query-counts-chat",
        family="chat_completions",
        sentence="A Chat Completions path with a query is not found.",
        rules=("case.accepted",),
        cases="routing/queries/chat-tracking*",
        apply=if_(refuse(404, "Route not found.", code="unknown_url"), _has_query),
    ),
    Fault(
        id="routing-unknown-path-with-200",
        family="all",
        sentence="An unknown path is answered with a plain JSON document and status 200.",
        rules=(
            "http.status.error-in-success",
            "case.answer-text",
            "case.refused",
            "chat.choices.list",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.object",
            "chat.usage.present",
            "http.stream.expected",
        ),
        cases="routing/paths/chat-streamed-without-v1 routing/paths/unknown-posted",
        apply=if_(reply_json(200, {"error": "Unexpected endpoint or method."}), lambda call: not family_of(call)),
        url="https://github.com/pssah4/vault-operator/issues/73",
    ),
    Fault(
        id="routing-charset-refused",
        family="responses",
        sentence="A content type with a charset is refused, in a web framework's envelope.",
        rules=("case.accepted", "error.message.reason", "error.openai.object"),
        cases="routing/headers/responses-charset",
        apply=if_(reply_json(400, {"detail": "Unsupported content type"}), _header("content-type", lambda v: ";" in v)),
        url="https://github.com/Wei-Shaw/sub2api/issues/963",
    ),
    Fault(
        id="routing-accept-decides",
        family="chat_completions",
        sentence="The Accept header decides whether an answer is streamed, not the body.",
        rules=("http.stream.unasked",),
        cases="routing/headers/accept-stream-unasked",
        apply=if_(on_request(put("/stream", True)), _header("accept", lambda value: value == "text/event-stream")),
    ),
    Fault(
        id="routing-accept-prevents-stream",
        family="messages",
        sentence="A client that accepts only JSON gets no stream.",
        rules=("http.stream.expected",),
        cases="routing/headers/messages-accept-json-for-stream",
        apply=if_(on_request(put("/stream", False)), _header("accept", lambda value: value == "application/json")),
    ),
    Fault(
        id="auth-bearer-not-understood",
        family="chat_completions",
        sentence="The key is only accepted without its scheme: the Authorization header is compared as a whole.",
        rules=("case.accepted",),
        cases="auth/openai/chat-bearer",
        apply=if_(
            refuse(401, "The API key is not valid.", code="invalid_api_key"),
            _header("authorization", lambda value: value.startswith("Bearer ")),
        ),
        url="https://github.com/1LCB/ollama-gateway/issues/3",
    ),
    Fault(
        id="auth-missing-key-403",
        family="chat_completions",
        sentence="A request without a key is refused with 403.",
        rules=("case.status",),
        cases="auth/openai/chat-no-key*",
        apply=if_(refuse(403, "No API key was sent."), _header("authorization", lambda value: not value)),
    ),
)
