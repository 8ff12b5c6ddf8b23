"""Faults of Chat Completions."""

from __future__ import annotations

from conformance.reference.changes import drop, on_events, on_json
from conformance.reference.changes.flows import DONE, JSON_DATA, double, edit, having, lose
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        "chat-id-lost",
        "chat_completions",
        "Completions have no id.",
        ("chat.id",),
        "chat_completions/text/system-and-user[stream=false]",
        on_json(drop("/id")),
    ),
    Fault(
        "chat-done-twice",
        "chat_completions",
        "The end marker of a stream comes twice.",
        ("chat.stream.done-once",),
        "chat_completions/text/system-and-user[stream=true]",
        on_events(double(DONE)),
    ),
    Fault(
        "chat-finish-lost",
        "chat_completions",
        "The chunk with the finish reason is lost.",
        ("chat.stream.finish-missing", "case.answer-stop"),
        "chat_completions/text/system-and-user[stream=true]",
        on_events(lose(having("/choices/*/finish_reason"))),
    ),
    Fault(
        "chat-tool-index-lost",
        "chat_completions",
        "Fragments of tool calls have no index.",
        (
            "chat.delta.tool-index",
            "chat.stream.tool-id-once",
            "chat.stream.tool-name-once",
            "chat.tool-call.arguments-once",
            "case.tool-called",
        ),
        "chat_completions/tools/parallel[stream=true]",
        on_events(edit(JSON_DATA, drop("/choices/*/delta/tool_calls/*/index"))),
    ),
)
