"""Faults of the errors of Chat Completions: the envelope, its members, and those of other vendors."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import ERROR, at, drop, on_error, put, rename, set_status
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.replies import refuse, reply_bytes, reply_json
from conformance.reference.faults.chat_entries import Rules, fault
from conformance.reference.faults.fault import Fault

ROLE = "chat_completions/errors/unknown-role"
MODEL = "chat_completions/errors/unknown-model[stream=false]"
WORDS = "The model does not exist."


def _error(id_: str, sentence: str, rules: Rules, *edits: Edit, cases: str = ROLE, url: str = "") -> Fault:
    return fault(f"error-{id_}", sentence, rules, cases, on_error(*edits), url)


def _reply(id_: str, sentence: str, rules: Rules, document: JSON, cases: str = ROLE, url: str = "") -> Fault:
    return fault(f"error-{id_}", sentence, rules, cases, reply_json(400, document), url)


_MEMBERS = (
    _error(
        "object-lost",
        "The error's members stand at the top.",
        ("error.openai.object",),
        lambda document: document["error"],
    ),
    _error(
        "object-text", "The error is a text.", ("error.openai.object",), at("/error", lambda error: error["message"])
    ),
    _error(
        "object-null",
        "The error is null.",
        ("error.openai.object", "case.error-names-mistake", "error.message.reason"),
        put("/error", None),
    ),
    _error(
        "wrapped-twice",
        "The error's object holds another `error`.",
        ("error.openai.wrapped-once", "error.message.reason"),
        lambda document: {"error": document},
    ),
    _error(
        "message-lost",
        "An error has no message.",
        ("error.openai.message", "error.message.reason"),
        drop("/error/message"),
    ),
    _error("message-null", "The message of an error is null.", ("error.openai.message",), put("/error/message", None)),
    _error(
        "message-list",
        "The message of an error is a list.",
        ("error.openai.message",),
        at("/error/message", lambda text: [text]),
    ),
    _error(
        "message-object",
        "The message of an error is an object.",
        ("error.openai.message",),
        at("/error/message", lambda text: {"text": text}),
    ),
    _error(
        "message-renamed",
        "The message of an error is its `detail`.",
        ("error.openai.message", "error.message.reason"),
        rename("/error/message", "detail"),
    ),
    _error("type-lost", "An error has no type.", ("error.openai.type",), drop("/error/type")),
    _error("type-null", "The type of an error is null.", ("error.openai.type",), put("/error/type", None)),
    _error("type-number", "The type of an error is a number.", ("error.openai.type",), put("/error/type", 400)),
    _error("param-lost", "An error has no param.", ("error.openai.param",), drop("/error/param")),
    _error(
        "param-list",
        "The param of an error is a path in a list.",
        ("error.openai.param",),
        put("/error/param", ["body", "messages", 0]),
    ),
    _error("code-lost", "An error has no code.", ("error.openai.code",), drop("/error/code")),
    _error(
        "code-object", "The code of an error is an object.", ("error.openai.code",), put("/error/code", {"id": "bad"})
    ),
    _error(
        "code-status", "The code of an error is its status.", ("error.openai.code-number",), put("/error/code", 400)
    ),
    _error(
        "code-private",
        "The code of an error is a number of the gateway's own.",
        ("error.openai.code-number",),
        put("/error/code", 40302),
    ),
)

_ENVELOPES = (
    fault(
        "error-anthropic",
        "Errors come in Anthropic's envelope.",
        ("error.openai.foreign-envelope", "case.error-names-mistake", "error.openai.code", "error.openai.param"),
        ROLE,
        refuse(400, WORDS, dialect="anthropic"),
    ),
    _error(
        "type-beside",
        "An error has the mark of Anthropic's envelope.",
        ("error.openai.foreign-envelope",),
        put("/type", "error"),
    ),
    _reply(
        "gemini",
        "Errors come in Google's envelope.",
        ("error.openai.type", "case.error-names-mistake", "error.openai.code-number", "error.openai.param"),
        {"error": {"code": 400, "message": WORDS, "status": "INVALID_ARGUMENT"}},
    ),
    _reply(
        "gemini-list",
        "Errors come in Google's envelope, in a list.",
        ("error.openai.envelope", "case.error-names-mistake", "error.message.reason"),
        [{"error": {"code": 400, "message": WORDS, "status": "INVALID_ARGUMENT"}}],
    ),
    _reply(
        "fastapi-text",
        "Errors are FastAPI's, with a text.",
        ("error.openai.object", "case.error-names-mistake", "error.message.reason"),
        {"detail": WORDS},
    ),
    _reply(
        "aws",
        "Errors come as AWS writes them.",
        ("error.openai.object", "case.error-names-mistake"),
        {"message": WORDS},
    ),
    _reply(
        "ollama",
        "Errors come as Ollama writes them.",
        ("error.openai.object", "case.error-names-mistake"),
        {"error": WORDS},
    ),
    _reply(
        "problem",
        "Errors are problem documents.",
        ("error.openai.object", "case.error-names-mistake", "error.message.reason", "error.type.name"),
        {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": WORDS},
    ),
    _reply("text", "Errors are a text in JSON.", ("error.openai.envelope", "case.error-names-mistake"), WORDS),
    fault(
        "error-plain",
        "Errors are plain text.",
        ("http.error.json", "case.error-names-mistake", "http.header.request-id"),
        ROLE,
        reply_bytes(400, WORDS.encode()),
    ),
    fault(
        "error-page",
        "Errors are pages.",
        ("http.body.html", "case.error-names-mistake", "http.header.request-id"),
        ROLE,
        reply_bytes(400, b"<html><body><h1>400 Bad Request</h1></body></html>", "text/html"),
    ),
    fault(
        "error-empty",
        "Errors have no body.",
        ("http.body.empty", "case.error-names-mistake", "http.header.request-id"),
        ROLE,
        reply_bytes(400, b"", "application/json"),
    ),
)

_STATUSES = (
    fault(
        "error-mistake-as-500",
        "A mistake of the client is answered with 500.",
        ("case.status", "error.type.agrees"),
        ROLE,
        set_status(500, of=ERROR),
    ),
    fault(
        "error-mistake-as-502",
        "A mistake of the client is answered with 502.",
        ("case.status", "error.type.agrees"),
        ROLE,
        set_status(502, of=ERROR),
    ),
    fault(
        "error-mistake-as-401",
        "A mistake of the client is answered with 401.",
        ("case.status",),
        ROLE,
        set_status(401, of=ERROR),
    ),
    fault(
        "error-mistake-as-404",
        "A mistake of the client is answered with 404.",
        ("case.status",),
        ROLE,
        set_status(404, of=ERROR),
    ),
    fault(
        "error-mistake-as-422",
        "A mistake of the client is answered with 422.",
        ("error.status.validation", "case.status-422"),
        ROLE,
        set_status(422, of=ERROR),
    ),
    fault(
        "error-model-as-500",
        "An unknown model is answered with 500.",
        ("case.status", "error.code.agrees", "error.type.agrees"),
        MODEL,
        set_status(500, of=ERROR),
    ),
    fault(
        "error-model-as-503",
        "An unknown model is answered with 503.",
        ("case.status", "error.code.agrees", "error.type.agrees"),
        MODEL,
        set_status(503, of=ERROR),
    ),
)

FAULTS = (*_MEMBERS, *_ENVELOPES, *_STATUSES)
