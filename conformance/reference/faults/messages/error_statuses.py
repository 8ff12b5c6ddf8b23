"""Faults of the statuses of Anthropic's errors, of bodies that are no JSON, and of refused keys and models."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import ERROR, on_answer, on_error, put, set_body, set_status
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
        id="anthropic-error-html",
        family="messages",
        sentence="Errors are pages.",
        rules=("http.body.html", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_answer(_page),
    ),
    Fault(
        id="anthropic-error-not-json",
        family="messages",
        sentence="Errors are plain text.",
        rules=("http.error.json", "case.error-names-mistake"),
        cases=ERRORS,
        apply=set_body(b"bad request", of=ERROR),
    ),
    Fault(
        id="anthropic-error-empty",
        family="messages",
        sentence="Errors have no body.",
        rules=("http.body.empty", "case.error-names-mistake"),
        cases=ERRORS,
        apply=set_body(b"", of=ERROR),
    ),
    Fault(
        id="anthropic-error-404-for-400",
        family="messages",
        sentence="Mistakes are answered with 404.",
        rules=("error.type.documented", "case.status"),
        cases=ERRORS,
        apply=set_status(404, of=ERROR),
    ),
    Fault(
        id="anthropic-error-401-for-400",
        family="messages",
        sentence="Mistakes are answered with 401.",
        rules=("error.type.documented", "case.status"),
        cases=ERRORS,
        apply=set_status(401, of=ERROR),
    ),
    Fault(
        id="anthropic-error-422-for-400",
        family="messages",
        sentence="Mistakes are answered with 422.",
        rules=("error.status.validation", "case.status-422"),
        cases=ERRORS,
        apply=set_status(422, of=ERROR),
    ),
    Fault(
        id="anthropic-error-500-for-400",
        family="messages",
        sentence="Mistakes are answered with 500.",
        rules=("error.type.agrees", "case.status"),
        cases=ERRORS,
        apply=set_status(500, of=ERROR),
    ),
    Fault(
        id="anthropic-error-429-for-400",
        family="messages",
        sentence="Mistakes are answered with 429.",
        rules=("error.type.documented",),
        cases=ERRORS,
        apply=set_status(429, of=ERROR),
    ),
    Fault(
        id="anthropic-error-200-for-400",
        family="messages",
        sentence="Mistakes are answered with 200.",
        rules=(
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
        cases=ERRORS,
        apply=set_status(200, of=ERROR),
    ),
    Fault(
        id="anthropic-error-400-for-401",
        family="messages",
        sentence="A wrong key is answered with 400.",
        rules=("error.type.documented", "error.type.agrees", "case.status"),
        cases=WRONG_KEY,
        apply=set_status(400, of=ERROR),
    ),
    Fault(
        id="anthropic-error-500-for-401",
        family="messages",
        sentence="A wrong key is answered with 500.",
        rules=("error.type.agrees", "case.status"),
        cases=WRONG_KEY,
        apply=set_status(500, of=ERROR),
    ),
    Fault(
        id="anthropic-error-key-as-invalid-request",
        family="messages",
        sentence="A wrong key is an invalid_request_error.",
        rules=("error.type.documented",),
        cases=WRONG_KEY,
        apply=on_error(put("/error/type", "invalid_request_error")),
    ),
    Fault(
        id="anthropic-error-key-in-openai-envelope",
        family="messages",
        sentence="A wrong key is refused in the envelope of OpenAI.",
        rules=("error.anthropic.foreign-envelope",),
        cases=WRONG_KEY,
        apply=on_error(as_openai),
    ),
    Fault(
        id="anthropic-error-400-for-404",
        family="messages",
        sentence="An unknown model is answered with 400.",
        rules=("error.type.documented", "case.status-usual", "error.type.agrees"),
        cases=UNKNOWN_MODEL,
        apply=set_status(400, of=ERROR),
    ),
    Fault(
        id="anthropic-error-503-for-404",
        family="messages",
        sentence="An unknown model is answered with 503.",
        rules=("error.type.agrees", "case.status"),
        cases=UNKNOWN_MODEL,
        apply=set_status(503, of=ERROR),
    ),
    Fault(
        id="anthropic-error-model-as-api-error",
        family="messages",
        sentence="An unknown model is an api_error.",
        rules=("error.type.documented", "error.type.agrees"),
        cases=UNKNOWN_MODEL,
        apply=on_error(put("/error/type", "api_error")),
    ),
    Fault(
        id="anthropic-error-model-in-openai-envelope",
        family="messages",
        sentence="An unknown model is refused in the envelope of OpenAI.",
        rules=("error.anthropic.foreign-envelope",),
        cases=UNKNOWN_MODEL,
        apply=on_error(as_openai),
        url="https://github.com/BerriAI/litellm/pull/39037",
    ),
)
