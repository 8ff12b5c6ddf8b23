"""Faults of what is asked of tools: choices that are ignored, schemas, histories with calls."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, drop, on_events, on_json, on_request, put, when
from conformance.reference.changes.asked import if_
from conformance.reference.changes.flows import edit, having, together
from conformance.reference.changes.messages import on_calls
from conformance.reference.changes.replies import refuse
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
    on_calls("id", lambda place: at(place, lambda id_: f"fc_{id_[6:]}")),
)
_result_lists_refused = if_(
    refuse(400, "messages.2.content: Input should be a valid string"), lambda call: b'"tool_result"' in call.body
)


FAULTS = (
    Fault(
        "messages-tool-choice-ignored",
        "messages",
        "tool_choice does not reach the provider when it names a tool; another tool is called.",
        (
            "messages.tool-use.fits-schema",
            "messages.tool-choice.tool",
            "case.tool-called",
        ),
        "messages/tools/forced*",
        on_calls("name", lambda place: put(place, "get_time", new=False)),
    ),
    Fault(
        "messages-forced-not-called",
        "messages",
        "tool_choice is followed by words.",
        (
            "messages.tool-choice.tool",
            "case.answer-stop",
            "case.tool-called",
        ),
        "messages/tools/forced*",
        on_request(put("/tool_choice", {"type": "none"})),
    ),
    Fault(
        "messages-any-not-called",
        "messages",
        "tool_choice any is followed by words.",
        (
            "messages.tool-choice.any",
            "case.answer-stop",
            "case.tool-called",
        ),
        "messages/tools/any*",
        on_request(put("/tool_choice", {"type": "none"})),
    ),
    Fault(
        "messages-none-called",
        "messages",
        "A tool is called although tool_choice forbids it.",
        (
            "messages.tool-choice.none",
            "case.answer-stop",
            "case.tool-called",
        ),
        "messages/tools/none*",
        on_request(put("/tool_choice", {"type": "any"})),
    ),
    Fault(
        "messages-parallel-not-forbidden",
        "messages",
        "disable_parallel_tool_use does not reach the provider.",
        (
            "messages.tool-choice.one-call",
            "case.tool-called",
        ),
        "messages/tools/parallel-forbidden*",
        on_request(drop("/tool_choice/disable_parallel_tool_use")),
    ),
    Fault(
        "messages-arguments-misfit",
        "messages",
        "A number in the input of a call comes as text.",
        (
            "messages.tool-use.fits-schema",
            "case.tool-arguments",
        ),
        "messages/tools/nested-arguments[stream=false]",
        on_json(at("/content/*/input/quantity", str)),
    ),
    Fault(
        "messages-arguments-misfit-streamed",
        "messages",
        "A member of the input of a call has another name.",
        (
            "messages.tool-use.fits-schema",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(
            together("/delta/partial_json", "/index"),
            edit(having("/delta/partial_json"), at("/delta/partial_json", lambda text: text.replace("city", "town"))),
        ),
    ),
    Fault(
        "messages-tools-not-sent",
        "messages",
        "Tools do not reach the provider.",
        ("case.tool-chosen",),
        "messages/tools/auto[*",
        on_request(drop("/tools"), drop("/tool_choice")),
    ),
    Fault(
        "messages-tools-lost-streamed",
        "messages",
        "Tools do not reach the provider in streams.",
        ("case.tool-chosen",),
        "messages/tools/auto[*",
        when(on_request(drop("/tools"), drop("/tool_choice")), stream=True),
    ),
    Fault(
        "messages-history-without-tools",
        "messages",
        "Blocks of calls, results, pictures and documents in the history are dropped.",
        ("case.answer-text",),
        "messages/tools/result-in-history* messages/vision/base64*",
        on_request(_only_text),
        "https://github.com/api7/aisix/issues/722",
    ),
    Fault(
        "messages-result-list-refused",
        "messages",
        "A tool's result in blocks is refused.",
        ("case.accepted",),
        "messages/tools/result-in-blocks",
        _result_lists_refused,
        "https://github.com/router-for-me/CLIProxyAPI/issues/4737",
    ),
    Fault(
        "messages-tool-id-not-mapped",
        "messages",
        "The id of a streamed call is not the one that its result is known by.",
        ("case.accepted",),
        "messages/tools/round-trip*",
        _unmapped_ids,
        "https://github.com/Alishahryar1/free-claude-code/pull/1189",
    ),
    Fault(
        "messages-strict-misfit",
        "messages",
        "The input of a call to a strict tool lacks a member.",
        (
            "messages.tool-use.strict",
            "case.tool-arguments",
        ),
        "messages/tools/strict[stream=false]",
        on_json(drop("/content/*/input/quantity")),
    ),
    Fault(
        "messages-strict-misfit-streamed",
        "messages",
        "The streamed input of a call to a strict tool has a number as text.",
        (
            "messages.tool-use.strict",
            "case.tool-arguments",
        ),
        "messages/tools/strict[stream=true]",
        on_events(
            together("/delta/partial_json", "/index"),
            edit(having("/delta/partial_json"), at("/delta/partial_json", lambda text: text.replace("3", '"3"'))),
        ),
    ),
)
