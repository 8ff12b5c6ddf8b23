"""Faults in what a gateway takes: spellings, versions, methods and lengths that HTTP and the SDKs allow."""

from __future__ import annotations

from collections.abc import Callable

from conformance.reference.changes import Change, instead, on_writes, set_header
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import refuse, reply_bytes
from conformance.reference.changes.writes import late
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.app import MAX_BYTES, dialect_of, named
from conformance.reference.gateway.wire import first, whole


def _header(name: str, wanted: Callable[[str], bool]) -> Callable[[Call], bool]:
    """Whether a call has such a value in a header."""
    return lambda call: wanted(first(call.headers, name) or "")


def _too_large(call: Call) -> bool:
    return len(call.body) > MAX_BYTES


def _asks_for_headers_alone(call: Call) -> bool:
    return call.method == "HEAD"


def _sent_elsewhere(call: Call) -> Answer:
    moved = Answer(307, (("location", "/elsewhere"), ("content-length", "0")), whole(b""))
    return named(moved, call, dialect_of(call))


_UNKNOWN_KEY: Change = refuse(401, "The API key is not valid.", code="invalid_api_key")
_PAGE = b"<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>"

FAULTS = (
    Fault(
        "asking-scheme-by-the-letter",
        "responses",
        "The scheme of a credential is compared letter by letter: only Bearer, with a capital, is known.",
        ("case.accepted",),
        "auth/spelling/responses-scheme*",
        if_(_UNKNOWN_KEY, _header("authorization", lambda value: not value.startswith("Bearer "))),
    ),
    Fault(
        "asking-old-version-only",
        "messages",
        "Of the versions of Anthropic's API only the one of 2023 is known.",
        ("case.accepted",),
        "auth/versions/messages[*",
        if_(
            refuse(400, "anthropic-version: '2026-10-21' is not a valid version"),
            _header("anthropic-version", lambda value: value == "2026-10-21"),
        ),
    ),
    Fault(
        "asking-organization-fails",
        "chat_completions",
        "An organization in the headers makes the gateway fail.",
        ("case.status", "case.error-names-mistake"),
        "auth/organizations/chat-organization*",
        if_(refuse(502, "The upstream refused the request."), _header("openai-organization", bool)),
    ),
    Fault(
        "asking-betas-refused",
        "messages",
        "Any beta of Anthropic's is refused.",
        ("case.accepted",),
        "auth/anthropic/betas-of-claude-code*",
        if_(refuse(400, "Unexpected value(s) for the `anthropic-beta` header"), _header("anthropic-beta", bool)),
    ),
    Fault(
        "asking-head-fails",
        "all",
        "A request for the headers alone makes the gateway fail.",
        ("case.status",),
        "routing/methods/head[endpoint=models]",
        if_(refuse(500, "The method is not known."), _asks_for_headers_alone),
    ),
    Fault(
        "asking-models-slow",
        "models",
        "The list of models is put together anew for whoever asks, and takes longer than Claude Code waits.",
        ("case.in-time",),
        "models/openai/discovered[query=]",
        on_writes(late(3.1)),
    ),
    Fault(
        "asking-models-redirected",
        "models",
        "The list of models stands elsewhere, and whoever asks is sent there.",
        ("case.answered",),
        "models/anthropic/discovered[anthropic_version=2023-06-01]",
        instead(_sent_elsewhere),
    ),
    Fault(
        "asking-one-request-id",
        "responses",
        "Every answer has the same request id.",
        ("case.value",),
        "http/connections/responses-request-ids",
        set_header("x-request-id", "req_0"),
    ),
    Fault(
        "asking-too-large-fails",
        "messages",
        "A body beyond the limit makes the gateway fail.",
        ("case.status",),
        "http/too-large/messages",
        if_(refuse(502, "The body could not be read."), _too_large),
    ),
    Fault(
        "asking-too-large-page",
        "chat_completions",
        "A body beyond the limit is refused by the proxy in front, with a page for people.",
        ("http.error.json-in-front", "http.header.request-id"),
        "http/too-large/chat",
        if_(reply_bytes(413, _PAGE, "text/html"), _too_large),
    ),
)
