"""Faults of tool use in Messages: ignored choices, schemas, and histories with calls.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, on_request
from conformance.reference.changes.asked import if_
from conformance.reference.changes.messages import on_calls
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault


def _only_text(body: JSON) -> JSON:
    """The turns without any block that is not text."""
    for turn in body["messages"]:
        if isinstance(turn["content"], list):
            kept = [block for block in turn["content"] if block["type"] == "text"]
            turn["content"] = kept or [{"type": "text", "text": "(nothing)"}]
    return body


_unmapped_ids = chain(
    if_(refuse(400, "No tool call found for function call output."), lambda call: b'"fc_' in call.body),
    on_calls(at("/id", lambda id_: f"fc_{id_[6:]}")),
)

_result_lists_refused = if_(
    refuse(400, "messages.2.content: Input should be a valid string"), lambda call: b'"tool_result"' in call.body
)


FAULTS = (
    Fault(
        id="messages-history-without-tools",
        family="messages",
        sentence="Tool calls, results, images and documents are removed from the history.",
        rules=("case.answer-text",),
        cases="messages/tools/result-in-history* messages/vision/base64*",
        apply=on_request(_only_text),
        url="https://github.com/api7/aisix/issues/722",
    ),
    Fault(
        id="messages-result-list-refused",
        family="messages",
        sentence="A tool result in blocks is refused.",
        rules=("case.accepted",),
        cases="messages/tools/result-in-blocks",
        apply=_result_lists_refused,
        url="https://github.com/router-for-me/CLIProxyAPI/issues/4737",
    ),
    Fault(
        id="messages-tool-id-not-mapped",
        family="messages",
        sentence="The id of a streamed call is not accepted in its result.",
        rules=("case.accepted",),
        cases="messages/tools/round-trip*",
        apply=_unmapped_ids,
        url="https://github.com/Alishahryar1/free-claude-code/pull/1189",
    ),
)
