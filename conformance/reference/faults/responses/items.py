"""Faults of the output items of Responses and of their parts.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.core.model import JSON
from conformance.reference.changes import Change, Frame, at, chain
from conformance.reference.changes.flows import each
from conformance.reference.changes.frames import typed
from conformance.reference.changes.responses import counted, of_type, on_items
from conformance.reference.faults.fault import Fault

CALL_JSON = "responses/tools/forced[stream=false]"


def _as_function(call: JSON) -> JSON:
    """A custom tool call as a function call."""
    rest = {name: value for name, value in call.items() if name != "input"}
    arguments = json.dumps({"input": call["input"]}) if call["input"] else ""
    return {**rest, "type": "function_call", "arguments": arguments}


def _as_arguments(frame: Frame) -> list[Frame]:
    """An event of a custom tool's input as the event of a function's arguments. A gateway sends them in one piece."""
    kind = frame.type.replace("custom_tool_call_input", "function_call_arguments")
    if not kind.endswith(".done"):
        return []
    arguments = json.dumps({"input": frame.json["input"]})
    rest = {name: value for name, value in frame.json.items() if name not in ("input", "delta")}
    delta = {**rest, "type": kind.replace(".done", ".delta"), "delta": arguments}
    return [typed(delta), typed({**rest, "type": kind, "arguments": arguments})]


def _as_functions() -> Change:
    return counted(each(lambda frame: "custom_tool_call_input" in frame.type, _as_arguments))


FAULTS = (
    Fault(
        id="responses-call-name-nested",
        family="responses",
        sentence="Function calls have the format of Chat Completions.",
        rules=(
            "responses.function-call.name",
            "responses.function-call.arguments",
            "case.tool-called",
            "responses.request.tool-choice-named",
        ),
        cases=CALL_JSON,
        apply=on_items(
            lambda place: of_type(
                "function_call",
                place,
                lambda call: {**call, "name": None, "arguments": None, "function": {"name": call["name"]}},
            )
        ),
    ),
    Fault(
        id="responses-call-arguments-encoded-twice",
        family="responses",
        sentence="The arguments of a call are encoded as JSON twice.",
        rules=("responses.function-call.arguments-json", "case.tool-arguments"),
        cases=CALL_JSON,
        apply=on_items(
            lambda place: of_type(
                "function_call", place, at("/arguments", lambda text: f'"{text.replace(chr(34), chr(92) + chr(34))}"')
            )
        ),
    ),
    Fault(
        id="responses-call-one-id",
        family="responses",
        sentence="The id of a function call is its call_id.",
        rules=("responses.function-call.two-ids",),
        cases=CALL_JSON,
        apply=on_items(lambda place: of_type("function_call", place, lambda call: {**call, "id": call["call_id"]})),
    ),
    Fault(
        id="responses-custom-as-function",
        family="responses",
        sentence="The call of a custom tool comes as a function call whose arguments hold the input.",
        rules=("responses.request.call-type", "case.value"),
        cases="responses/tools/custom[*",
        apply=chain(on_items(lambda place: of_type("custom_tool_call", place, _as_function)), _as_functions()),
        url="https://github.com/decolua/9router/issues/1371",
    ),
    Fault(
        id="responses-custom-input-wrapped",
        family="responses",
        sentence="The input of a custom tool call is wrapped in JSON in the finished item, but not in its deltas.",
        rules=("responses.done.item",),
        cases="responses/tools/custom[stream=true]",
        apply=on_items(
            lambda place: of_type(
                "custom_tool_call", place, at("/input", lambda text: text and json.dumps({"input": text}))
            )
        ),
    ),
    Fault(
        id="responses-call-custom-without-input",
        family="responses",
        sentence="Function calls are sent as custom tool calls without input.",
        rules=("responses.custom-tool-call.shape", "responses.request.call-type", "case.tool-arguments"),
        cases=CALL_JSON,
        apply=on_items(
            lambda place: of_type(
                "function_call",
                place,
                lambda call: (
                    {key: value for key, value in call.items() if key != "arguments"} | {"type": "custom_tool_call"}
                ),
            )
        ),
    ),
)
