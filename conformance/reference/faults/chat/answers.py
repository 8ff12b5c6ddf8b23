"""Faults of a chat completion that is one document: members that are missing, null or of the wrong type.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_json
from conformance.reference.faults.fault import Fault

CHOICE = "/choices/*"
MESSAGE = "/choices/*/message"


FAULTS = (
    Fault(
        id="chat-choice-text",
        family="chat_completions",
        sentence="A choice is a string.",
        rules=("chat.choice.shape", "case.answer-stop", "case.answer-text"),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(at(CHOICE, lambda choice: choice["message"]["content"])),
    ),
    Fault(
        id="chat-message-as-text",
        family="chat_completions",
        sentence="A choice has a `text`, as in the old Completions API.",
        rules=("chat.choice.message", "case.answer-text"),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(
            at(
                CHOICE,
                lambda choice: {
                    **{k: v for k, v in choice.items() if k != "message"},
                    "text": choice["message"]["content"],
                },
            )
        ),
    ),
    Fault(
        id="chat-content-parts",
        family="chat_completions",
        sentence="The content of an answer is a list of parts.",
        rules=("chat.message.content", "case.answer-text"),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(at(f"{MESSAGE}/content", lambda text: [{"type": "text", "text": text}])),
    ),
)
