"""Faults of the output items of Responses and of their parts.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at
from conformance.reference.changes.responses import of_type, on_items
from conformance.reference.faults.fault import Fault

CALL_JSON = "responses/tools/forced[stream=false]"


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
