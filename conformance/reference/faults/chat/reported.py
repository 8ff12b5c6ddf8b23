"""Reported defects of real gateways: finish reasons and tool calls of Chat Completions.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.reference.changes import at, on_events, on_json, on_request, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.flows import JSON_DATA, each, edit, everywhere
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.chat.streams import FINISH
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call

REASON = "/choices/*/finish_reason"
MESSAGE = "/choices/*/message"


def words_beside_calls(call: Call) -> bool:
    """Whether a message of the history has both content and tool calls."""
    messages = json.loads(call.body).get("messages") or []
    return any(message.get("content") and message.get("tool_calls") for message in messages)


FAULTS = (
    Fault(
        id="chat-report-finish-stop-after-calls",
        family="chat_completions",
        sentence="A chunk that ends with `stop` follows the one that ends with `tool_calls`.",
        rules=("chat.stream.finish-once",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(each(FINISH, lambda frame: [frame, frame.edited(put(REASON, "stop"))])),
        url="https://github.com/RayBytes/ChatMock/pull/114",
    ),
    Fault(
        id="chat-report-finish-max-tokens",
        family="chat_completions",
        sentence="A truncated answer ends with Anthropic's `max_tokens`.",
        rules=("chat.choice.finish-reason-foreign", "case.answer-stop"),
        cases="chat_completions/limits/max-tokens*",
        apply=everywhere(at(REASON, lambda reason: "max_tokens" if reason else None)),
        url="https://github.com/QuantumNous/new-api/pull/1761",
    ),
    Fault(
        id="chat-report-finish-empty-ollama",
        family="chat_completions",
        sentence="Every chunk but the last has an empty finish reason.",
        rules=("chat.choice.finish-reason-foreign",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(JSON_DATA, at(REASON, lambda reason: reason or ""))),
        url="https://github.com/ollama/ollama/issues/4357",
    ),
    Fault(
        id="chat-report-finish-stop-at-limit",
        family="chat_completions",
        sentence="Every answer ends with `stop`, even a truncated one.",
        rules=("chat.finish.limit", "case.answer-stop"),
        cases="chat_completions/limits/max-completion-tokens*",
        apply=everywhere(at(REASON, lambda reason: "stop" if reason else None)),
        url="https://github.com/ScreamingFace/screamingface/pull/501",
    ),
    Fault(
        id="chat-report-cut-as-stop",
        family="chat_completions",
        sentence="A truncated answer ends with `stop`, as if it were complete.",
        rules=("case.answer-json", "chat.fit.json-schema"),
        cases="chat_completions/structured-output/json-schema[stream=false]",
        apply=on_json(at(f"{MESSAGE}/content", lambda text: text[: len(text) // 2])),
        url="https://github.com/wicm84266964/Buddy2api/pull/69",
    ),
    Fault(
        id="chat-report-forced-finish-differs",
        family="chat_completions",
        sentence="A forced call has another finish reason in a stream than in an unstreamed answer.",
        rules=("case.same-answer",),
        cases="chat_completions/parity/forced-tool",
        apply=on_events(edit(FINISH, at(REASON, lambda reason: "stop" if reason == "tool_calls" else "tool_calls"))),
        url="https://github.com/vllm-project/vllm/pull/9209",
    ),
    Fault(
        id="chat-report-named-mode-collapsed",
        family="chat_completions",
        sentence="A forced tool whose name is a mode is treated as the mode.",
        rules=("chat.fit.tool-forced", "case.tool-called"),
        cases="chat_completions/tools/named-like-a-mode*",
        apply=on_request(
            at(
                "/tool_choice",
                lambda choice: (
                    choice["function"]["name"]
                    if isinstance(choice, dict)
                    and choice.get("function", {}).get("name") in ("none", "auto", "required")
                    else choice
                ),
            )
        ),
        url="https://github.com/tetherto/qvac/pull/4524",
    ),
    Fault(
        id="chat-report-words-beside-calls",
        family="chat_completions",
        sentence="A history that has text next to a call is answered with 500.",
        rules=("case.accepted", "error.type.agrees"),
        cases="chat_completions/tools/words-beside-a-call",
        apply=if_(refuse(500, "Internal server error."), words_beside_calls),
        url="https://github.com/vllm-project/vllm/issues/16774",
    ),
)
