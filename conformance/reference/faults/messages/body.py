"""Faults of the message object: members that are missing, null, of the wrong type or from another API.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import SUCCESS, at, on_body, on_json
from conformance.reference.faults.fault import Fault

JSON_TEXT = "messages/text/system-and-user[stream=false]"


def _completion(message: JSON) -> JSON:
    """The words of a message as a Chat Completion."""
    words = {"role": "assistant", "content": message["content"][0]["text"]}
    choice = {"index": 0, "message": words, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1735689600, "model": "m", "choices": [choice]}


FAULTS = (
    Fault(
        id="messages-as-list",
        family="messages",
        sentence="The message is wrapped in a list.",
        rules=("messages.object", "case.answer-text"),
        cases=JSON_TEXT,
        apply=on_body(lambda body: b"[" + body + b"]", of=SUCCESS),
    ),
    Fault(
        id="messages-as-completion",
        family="messages",
        sentence="Answers are Chat Completions.",
        rules=(
            "run.model",
            "messages.object",
            "messages.role",
            "messages.content.list",
            "messages.usage.object",
            "messages.stop-reason.present",
            "messages.stop-sequence.present",
            "case.answer-stop",
            "case.answer-text",
        ),
        cases=JSON_TEXT,
        apply=on_json(_completion),
    ),
    Fault(
        id="messages-wrapped",
        family="messages",
        sentence="The message is wrapped in `data`.",
        rules=(
            "messages.id",
            "messages.object",
            "messages.role",
            "messages.model",
            "messages.content.list",
            "messages.usage.object",
            "messages.stop-reason.present",
            "messages.stop-sequence.present",
            "case.answer-stop",
            "case.answer-text",
        ),
        cases=JSON_TEXT,
        apply=on_json(lambda document: {"code": 0, "data": document}),
    ),
    Fault(
        id="messages-block-as-string",
        family="messages",
        sentence="Blocks are strings.",
        rules=("messages.content.block", "case.answer-text"),
        cases=JSON_TEXT,
        apply=on_json(at("/content/*", lambda block: block["text"])),
    ),
)
