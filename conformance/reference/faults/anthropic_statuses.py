"""Faults of the statuses of Anthropic's errors, of bodies that are no JSON, and of refused keys and models."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import ERROR, on_answer, on_body, on_error, put, set_status
from conformance.reference.changes.errors import as_openai
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole, without

ERRORS = "messages/errors/no-messages* messages/errors/unknown-role"
WRONG_KEY = "auth/anthropic/messages-wrong-key[stream=false]"
UNKNOWN_MODEL = "messages/errors/unknown-model[stream=false]"


async def _page(_call: Call, answer: Answer) -> Answer:
    """A proxy's own page in the place of an error."""
    if not ERROR(answer):
        return answer
    body = b"<html><body><h1>Bad Request</h1></body></html>"
    headers = (*without(answer.headers, frozenset({"content-type", "content-length"})), ("content-type", "text/html"))
    return replace(answer, headers=headers, body=whole(body))


FAULTS = (
    Fault(
        "anthropic-error-html",
        "messages",
        "Errors are pages.",
        (
            "http.body.html",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_answer(_page),
    ),
    Fault(
        "anthropic-error-not-json",
        "messages",
        "Errors are plain text.",
        (
            "http.error.json",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_body(lambda _body: b"bad request", of=ERROR),
    ),
    Fault(
        "anthropic-error-empty",
        "messages",
        "Errors have no body.",
        (
            "http.body.empty",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_body(lambda _body: b"", of=ERROR),
    ),
    Fault(
        "anthropic-error-404-for-400",
        "messages",
        "Mistakes are answered with 404.",
        (
            "error.type.documented",
            "case.status",
        ),
        ERRORS,
        set_status(404, of=ERROR),
    ),
    Fault(
        "anthropic-error-401-for-400",
        "messages",
        "Mistakes are answered with 401.",
        (
            "error.type.documented",
            "case.status",
        ),
        ERRORS,
        set_status(401, of=ERROR),
    ),
    Fault(
        "anthropic-error-422-for-400",
        "messages",
        "Mistakes are answered with 422.",
        (
            "error.status.validation",
            "case.status-422",
        ),
        ERRORS,
        set_status(422, of=ERROR),
    ),
    Fault(
        "anthropic-error-500-for-400",
        "messages",
        "Mistakes are answered with 500.",
        (
            "error.type.agrees",
            "case.status",
        ),
        ERRORS,
        set_status(500, of=ERROR),
    ),
    Fault(
        "anthropic-error-429-for-400",
        "messages",
        "Mistakes are answered with 429.",
        ("error.type.documented",),
        ERRORS,
        set_status(429, of=ERROR),
    ),
    Fault(
        "anthropic-error-200-for-400",
        "messages",
        "Mistakes are answered with 200.",
        (
            "http.status.error-in-success",
            "messages.id",
            "messages.role",
            "messages.model",
            "messages.content.list",
            "messages.usage.object",
            "messages.object",
            "messages.stop-reason.present",
            "messages.stop-sequence.present",
            "http.stream.expected",
            "case.refused",
        ),
        ERRORS,
        set_status(200, of=ERROR),
    ),
    Fault(
        "anthropic-error-400-for-401",
        "messages",
        "A wrong key is answered with 400.",
        (
            "error.type.documented",
            "error.type.agrees",
            "case.status",
        ),
        WRONG_KEY,
        set_status(400, of=ERROR),
    ),
    Fault(
        "anthropic-error-500-for-401",
        "messages",
        "A wrong key is answered with 500.",
        (
            "error.type.agrees",
            "case.status",
        ),
        WRONG_KEY,
        set_status(500, of=ERROR),
    ),
    Fault(
        "anthropic-error-key-as-invalid-request",
        "messages",
        "A wrong key is an invalid_request_error.",
        ("error.type.documented",),
        WRONG_KEY,
        on_error(put("/error/type", "invalid_request_error")),
    ),
    Fault(
        "anthropic-error-key-in-openai-envelope",
        "messages",
        "A wrong key is refused in the envelope of OpenAI.",
        ("error.anthropic.foreign-envelope",),
        WRONG_KEY,
        on_error(as_openai),
    ),
    Fault(
        "anthropic-error-400-for-404",
        "messages",
        "An unknown model is answered with 400.",
        (
            "error.type.documented",
            "case.status-usual",
            "error.type.agrees",
        ),
        UNKNOWN_MODEL,
        set_status(400, of=ERROR),
    ),
    Fault(
        "anthropic-error-503-for-404",
        "messages",
        "An unknown model is answered with 503.",
        (
            "error.type.agrees",
            "case.status",
        ),
        UNKNOWN_MODEL,
        set_status(503, of=ERROR),
    ),
    Fault(
        "anthropic-error-model-as-api-error",
        "messages",
        "An unknown model is an api_error.",
        (
            "error.type.documented",
            "error.type.agrees",
        ),
        UNKNOWN_MODEL,
        on_error(put("/error/type", "api_error")),
    ),
    Fault(
        "anthropic-error-model-in-openai-envelope",
        "messages",
        "An unknown model is refused in the envelope of OpenAI.",
        ("error.anthropic.foreign-envelope",),
        UNKNOWN_MODEL,
        on_error(as_openai),
        "https://github.com/BerriAI/litellm/pull/39037",
    ),
)
