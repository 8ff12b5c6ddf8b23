"""Faults of single chunks of a chat completion: members that are missing, null or of the wrong type.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_events
from conformance.reference.changes.chat import TEXT
from conformance.reference.changes.flows import JSON_DATA, edit, having
from conformance.reference.faults.fault import Fault

CHOICE = "/choices/*"
DELTA = "/choices/*/delta"
TOKENS = f"{CHOICE}/logprobs/content"


FAULTS = (
    Fault(
        id="chat-chunk-logprobs-as-list",
        family="chat_completions",
        sentence="`logprobs` of chunks is a list.",
        rules=("chat.logprobs.shape", "case.present", "chat.logprobs.asked"),
        cases="chat_completions/options/logprobs[stream=true]",
        apply=on_events(edit(having(TOKENS), at(f"{CHOICE}/logprobs", lambda value: value["content"]))),
    ),
    Fault(
        id="chat-chunk-usage-total-wrong",
        family="chat_completions",
        sentence="The total of a stream's usage does not include the prompt.",
        rules=("chat.usage.total",),
        cases="chat_completions/usage/in-stream-when-asked",
        apply=on_events(
            edit(having("/usage"), at("/usage", lambda usage: {**usage, "total_tokens": usage["completion_tokens"]}))
        ),
    ),
    Fault(
        id="chat-delta-text",
        family="chat_completions",
        sentence="A delta is a string.",
        rules=("chat.chunk.delta", "case.answer-text"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(having(TEXT), at(DELTA, lambda delta: delta["content"]), number=2)),
    ),
    Fault(
        id="chat-delta-content-parts",
        family="chat_completions",
        sentence="The content of deltas is a list of parts.",
        rules=("chat.delta.content", "case.answer-text", "chat.answer.empty"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(JSON_DATA, at(TEXT, lambda text: [{"type": "text", "text": text}]))),
    ),
)
