"""Faults of Chat Completions errors: the envelope, its members, and the formats of other vendors.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_error
from conformance.reference.faults.fault import Fault

ROLE = "chat_completions/errors/unknown-role"


FAULTS = (
    Fault(
        id="chat-error-object-lost",
        family="chat_completions",
        sentence="The members of an error are at the top level.",
        rules=("error.openai.object",),
        cases=ROLE,
        apply=on_error(lambda document: document["error"]),
    ),
    Fault(
        id="chat-error-object-text",
        family="chat_completions",
        sentence="The error is a string.",
        rules=("error.openai.object",),
        cases=ROLE,
        apply=on_error(at("/error", lambda error: error["message"])),
    ),
    Fault(
        id="chat-error-wrapped-twice",
        family="chat_completions",
        sentence="The error object contains another `error`.",
        rules=("error.openai.wrapped-once", "error.message.reason"),
        cases=ROLE,
        apply=on_error(lambda document: {"error": document}),
    ),
    Fault(
        id="chat-error-message-object",
        family="chat_completions",
        sentence="The message of an error is an object.",
        rules=("error.openai.message",),
        cases=ROLE,
        apply=on_error(at("/error/message", lambda text: {"text": text})),
    ),
)
