"""Faults of Chat Completions."""

from __future__ import annotations

from conformance.reference.changes import drop, on_events, on_json
from conformance.reference.changes.flows import DONE, JSON_DATA, double, edit, having, lose
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="chat-id-lost",
        family="chat_completions",
        sentence="Completions have no id.",
        rules=("chat.id",),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(drop("/id")),
    ),
    Fault(
        id="chat-done-twice",
        family="chat_completions",
        sentence="The end marker of a stream comes twice.",
        rules=("chat.stream.done-once",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(double(DONE)),
    ),
    Fault(
        id="chat-finish-lost",
        family="chat_completions",
        sentence="The chunk with the finish reason is lost.",
        rules=("chat.stream.finish-missing", "case.answer-stop"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(lose(having("/choices/*/finish_reason"))),
    ),
    Fault(
        id="chat-tool-index-lost",
        family="chat_completions",
        sentence="Fragments of tool calls have no index.",
        rules=(
            "chat.delta.tool-index",
            "chat.stream.tool-id-once",
            "chat.stream.tool-name-once",
            "chat.tool-call.arguments-once",
            "case.tool-called",
        ),
        cases="chat_completions/tools/parallel[stream=true]",
        apply=on_events(edit(JSON_DATA, drop("/choices/*/delta/tool_calls/*/index"))),
    ),
)
