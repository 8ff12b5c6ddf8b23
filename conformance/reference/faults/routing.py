"""Faults of the way of a request: what reaches the provider is not what was sent, or nothing does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.reference.changes import drop, on_call, on_request, put
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


PATHS = (
    Fault(
        "routing-stop-dropped",
        "chat_completions",
        "Stop sequences do not reach the provider.",
        ("chat.fit.stop", "case.answer-text"),
        "chat_completions/limits/stop-string*",
        on_request(drop("/stop")),
    ),
    Fault(
        "routing-never-streams",
        "messages",
        "A request for a stream is answered by one JSON document.",
        ("http.stream.expected",),
        "messages/text/system*stream=true]",
        on_request(put("/stream", False)),
    ),
    Fault(
        "routing-count-tokens-without-channel",
        "count_tokens",
        "Counting tokens is answered as if there were no model.",
        ("case.accepted",),
        "count_tokens/counting/one-message",
        refuse(404, "There is no available channel for this model."),
    ),
    Fault(
        "routing-any-method",
        "chat_completions",
        "A PUT is answered like a POST.",
        ("case.refused",),
        "routing/methods/chat-with-a-right-body*method=PUT]",
        on_call(lambda call: replace(call, method="POST")),
    ),
    Fault(
        "routing-query-counts",
        "messages",
        "A path with a query is not found.",
        ("case.accepted",),
        "routing/queries/messages-beta*",
        if_(refuse(404, "Route not found."), _has_query),
        "https://github.com/Wei-Shaw/claude-relay-service/issues/113",
    ),
    Fault(
        "routing-query-counts-chat",
        "chat_completions",
        "A path of Chat Completions with a query is not found.",
        ("case.accepted",),
        "routing/queries/chat-tracking*",
        if_(refuse(404, "Route not found.", code="unknown_url"), _has_query),
    ),
    Fault(
        "routing-unknown-path-with-200",
        "all",
        "A path that is no endpoint is answered by a plain JSON document with the status 200.",
        (
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
        "routing/paths/chat-streamed-without-v1 routing/paths/unknown-posted",
        if_(reply_json(200, {"error": "Unexpected endpoint or method."}), lambda call: not family_of(call)),
        "https://github.com/pssah4/vault-operator/issues/73",
    ),
    Fault(
        "routing-charset-refused",
        "responses",
        "A content type that names its charset is refused, in the envelope of a framework.",
        (
            "case.accepted",
            "error.message.reason",
            "error.openai.object",
        ),
        "routing/headers/responses-charset",
        if_(reply_json(400, {"detail": "Unsupported content type"}), _header("content-type", lambda v: ";" in v)),
        "https://github.com/Wei-Shaw/sub2api/issues/963",
    ),
    Fault(
        "routing-accept-decides",
        "chat_completions",
        "The Accept header decides whether an answer is streamed, not the body.",
        ("http.stream.unasked",),
        "routing/headers/accept-stream-unasked",
        if_(on_request(put("/stream", True)), _header("accept", lambda value: value == "text/event-stream")),
    ),
    Fault(
        "routing-accept-prevents-stream",
        "messages",
        "A client that names JSON alone in its Accept header gets no stream.",
        ("http.stream.expected",),
        "routing/headers/messages-accept-json-for-stream",
        if_(on_request(put("/stream", False)), _header("accept", lambda value: value == "application/json")),
    ),
    Fault(
        "elsewhere-error-in-words",
        "all",
        "The error for a path that is no endpoint is a string in JSON.",
        ("elsewhere.error-object",),
        "routing/paths/unknown-posted",
        reply_json(404, "Not Found"),
    ),
    Fault(
        "elsewhere-error-of-framework",
        "all",
        "The error for a path that is no endpoint has the shape of a framework.",
        ("elsewhere.error-message",),
        "routing/paths/unknown-*ed",
        reply_json(404, {"detail": "Not Found"}),
    ),
    Fault(
        "elsewhere-error-empty",
        "all",
        "The error for a path that is no endpoint is an empty object.",
        (
            "elsewhere.error-object",
            "elsewhere.error-message",
        ),
        "routing/paths/unknown-fetched",
        reply_json(404, {}),
    ),
    Fault(
        "routing-preflight-fails",
        "all",
        "A browser that asks beforehand makes the gateway fail.",
        ("case.status",),
        "routing/preflight/options[endpoint=chat/completions]",
        refuse(500, "The method is not known."),
    ),
)

KEYS = (
    Fault(
        "auth-bearer-not-understood",
        "chat_completions",
        "The Authorization header is compared as it stands: the key is accepted only without its scheme.",
        ("case.accepted",),
        "auth/openai/chat-bearer",
        if_(
            refuse(401, "The API key is not valid.", code="invalid_api_key"),
            _header("authorization", lambda value: value.startswith("Bearer ")),
        ),
        "https://github.com/1LCB/ollama-gateway/issues/3",
    ),
    Fault(
        "auth-own-configuration-blamed-on-client",
        "messages",
        "The provider's key is missing, and the client is told, with 403, that its own was.",
        ("case.accepted",),
        "auth/anthropic/messages-x-api-key[stream=false]",
        refuse(403, "Header of type `authorization` was missing."),
        "https://github.com/Alishahryar1/free-claude-code/pull/36",
    ),
    Fault(
        "auth-missing-key-403",
        "chat_completions",
        "A request without a key is refused with 403.",
        ("case.status",),
        "auth/openai/chat-no-key*",
        if_(refuse(403, "No API key was sent."), _header("authorization", lambda value: not value)),
    ),
    Fault(
        "auth-wrong-key-500",
        "messages",
        "A wrong key makes the gateway fail.",
        (
            "case.status",
            "error.type.agrees",
        ),
        "auth/anthropic/messages-wrong-key*",
        refuse(500, "The key could not be checked."),
    ),
    Fault(
        "auth-key-repeated",
        "chat_completions",
        "A wrong key is repeated in the error.",
        (
            "case.error-misleads",
            "http.secret.foreign-credential",
        ),
        "auth/keys/chat-never-echoed",
        refuse(401, "The API key sk-never-repeat-this-7c1f00000000 is not valid.", code="invalid_api_key"),
    ),
)

FAULTS = (*PATHS, *KEYS)
