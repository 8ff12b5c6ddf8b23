"""Faults of what is asked of tools: choices that are ignored, schemas, histories with calls."""

from __future__ import annotations

from conformance.model import JSON
from conformance.reference.changes import at, chain, drop, on_events, on_json, on_request, put, when
from conformance.reference.changes.asked import if_
from conformance.reference.changes.flows import edit, having, together
from conformance.reference.changes.messages import on_calls
from conformance.reference.changes.replies import refuse
from conformance.reference.changes.values import substitute, text
from conformance.reference.faults.fault import Fault

STREAM_TOOL = "messages/tools/forced[stream=true]"


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
        id="messages-tool-choice-ignored",
        family="messages",
        sentence="tool_choice does not reach the provider when it names a tool; another tool is called.",
        rules=("messages.tool-use.fits-schema", "messages.tool-choice.tool", "case.tool-called"),
        cases="messages/tools/forced*",
        apply=on_calls(put("/name", "get_time", new=False)),
    ),
    Fault(
        id="messages-forced-not-called",
        family="messages",
        sentence="tool_choice is followed by words.",
        rules=("messages.tool-choice.tool", "case.answer-stop", "case.tool-called"),
        cases="messages/tools/forced*",
        apply=on_request(put("/tool_choice", {"type": "none"})),
    ),
    Fault(
        id="messages-any-not-called",
        family="messages",
        sentence="tool_choice any is followed by words.",
        rules=("messages.tool-choice.any", "case.answer-stop", "case.tool-called"),
        cases="messages/tools/any*",
        apply=on_request(put("/tool_choice", {"type": "none"})),
    ),
    Fault(
        id="messages-none-called",
        family="messages",
        sentence="A tool is called although tool_choice forbids it.",
        rules=("messages.tool-choice.none", "case.answer-stop", "case.tool-called"),
        cases="messages/tools/none*",
        apply=on_request(put("/tool_choice", {"type": "any"})),
    ),
    Fault(
        id="messages-parallel-not-forbidden",
        family="messages",
        sentence="disable_parallel_tool_use does not reach the provider.",
        rules=("messages.tool-choice.one-call", "case.tool-called"),
        cases="messages/tools/parallel-forbidden*",
        apply=on_request(drop("/tool_choice/disable_parallel_tool_use")),
    ),
    Fault(
        id="messages-arguments-misfit",
        family="messages",
        sentence="A number in the input of a call comes as text.",
        rules=("messages.tool-use.fits-schema", "case.tool-arguments"),
        cases="messages/tools/nested-arguments[stream=false]",
        apply=on_json(at("/content/*/input/quantity", text)),
    ),
    Fault(
        id="messages-arguments-misfit-streamed",
        family="messages",
        sentence="A member of the input of a call has another name.",
        rules=("messages.tool-use.fits-schema", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(
            together("/delta/partial_json", "/index"),
            edit(having("/delta/partial_json"), substitute("/delta/partial_json", "city", "town")),
        ),
    ),
    Fault(
        id="messages-tools-not-sent",
        family="messages",
        sentence="Tools do not reach the provider.",
        rules=("case.tool-chosen",),
        cases="messages/tools/auto[*",
        apply=on_request(drop("/tools"), drop("/tool_choice")),
    ),
    Fault(
        id="messages-tools-lost-streamed",
        family="messages",
        sentence="Tools do not reach the provider in streams.",
        rules=("case.tool-chosen",),
        cases="messages/tools/auto[*",
        apply=when(on_request(drop("/tools"), drop("/tool_choice")), stream=True),
    ),
    Fault(
        id="messages-history-without-tools",
        family="messages",
        sentence="Blocks of calls, results, pictures and documents in the history are dropped.",
        rules=("case.answer-text",),
        cases="messages/tools/result-in-history* messages/vision/base64*",
        apply=on_request(_only_text),
        url="https://github.com/api7/aisix/issues/722",
    ),
    Fault(
        id="messages-result-list-refused",
        family="messages",
        sentence="A tool's result in blocks is refused.",
        rules=("case.accepted",),
        cases="messages/tools/result-in-blocks",
        apply=_result_lists_refused,
        url="https://github.com/router-for-me/CLIProxyAPI/issues/4737",
    ),
    Fault(
        id="messages-tool-id-not-mapped",
        family="messages",
        sentence="The id of a streamed call is not the one that its result is known by.",
        rules=("case.accepted",),
        cases="messages/tools/round-trip*",
        apply=_unmapped_ids,
        url="https://github.com/Alishahryar1/free-claude-code/pull/1189",
    ),
    Fault(
        id="messages-strict-misfit",
        family="messages",
        sentence="The input of a call to a strict tool lacks a member.",
        rules=("messages.tool-use.strict", "case.tool-arguments"),
        cases="messages/tools/strict[stream=false]",
        apply=on_json(drop("/content/*/input/quantity")),
    ),
    Fault(
        id="messages-strict-misfit-streamed",
        family="messages",
        sentence="The streamed input of a call to a strict tool has a number as text.",
        rules=("messages.tool-use.strict", "case.tool-arguments"),
        cases="messages/tools/strict[stream=true]",
        apply=on_events(
            together("/delta/partial_json", "/index"),
            edit(having("/delta/partial_json"), substitute("/delta/partial_json", "3", '"3"')),
        ),
    ),
)
