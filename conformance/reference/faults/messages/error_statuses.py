"""Faults of the statuses of Anthropic's errors, of bodies that are no JSON, and of refused keys and models."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import ERROR, on_answer, on_error
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
        id="anthropic-error-key-in-openai-envelope",
        family="messages",
        sentence="A wrong key is refused in the envelope of OpenAI.",
        rules=("error.anthropic.foreign-envelope",),
        cases=WRONG_KEY,
        apply=on_error(as_openai),
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
