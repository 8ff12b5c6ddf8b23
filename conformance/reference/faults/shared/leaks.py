"""Leaked secrets: keys, stack traces and internal addresses in answers.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import on_answer, on_error, put
from conformance.reference.changes.change import Change
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import first

MESSAGES_JSON = "messages/text/system-and-user[stream=false]"
ERRORS = "chat_completions/errors/unknown-role"


def _said(message: str) -> Change:
    """The message of errors, in all families."""
    return on_error(put("/error/message", message))


def _key(call: Call) -> str:
    """The client's own key."""
    return (first(call.headers, "authorization") or first(call.headers, "x-api-key") or "").rpartition(" ")[2]


async def _key_in_message(call: Call, answer: Answer) -> Answer:
    """Errors whose message repeats the key."""
    return await _said(f"The key {_key(call)} may not do this.")(lambda _call: _ready(answer))(call)


async def _key_in_header(call: Call, answer: Answer) -> Answer:
    return replace(answer, headers=(*answer.headers, ("x-forwarded-authorization", _key(call))))


async def _ready(answer: Answer) -> Answer:
    return answer


FAULTS = (
    Fault(
        id="http-own-key-in-error",
        family="chat_completions",
        sentence="Errors repeat the client's key.",
        rules=("http.secret.own-credential",),
        cases=ERRORS,
        apply=on_answer(_key_in_message),
    ),
    Fault(
        id="http-own-key-in-header",
        family="messages",
        sentence="A header repeats the client's key.",
        rules=("http.secret.own-credential",),
        cases=MESSAGES_JSON,
        apply=on_answer(_key_in_header),
    ),
)
