"""Faults of the Response object, its status and its usage, streamed or not.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import on_json
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="responses-wrapped",
        family="responses",
        sentence="The answer is wrapped in a non-standard object.",
        rules=(
            "responses.object.id",
            "case.answer-text",
            "case.answer-stop",
            "case.value",
            "responses.object.model",
            "responses.object.nullable",
            "responses.object.object",
            "responses.object.output",
            "responses.object.parallel-tool-calls",
            "responses.object.settings",
            "responses.object.status",
            "responses.object.time",
            "responses.object.tool-choice",
            "responses.object.tools",
            "responses.usage.present-incomplete",
        ),
        cases="responses/text/input-text[stream=false]",
        apply=on_json(lambda document: {"code": 0, "data": document}),
    ),
    Fault(
        id="responses-as-message",
        family="responses",
        sentence="The answer has the format of Messages.",
        rules=(
            "responses.object.foreign",
            "case.answer-text",
            "case.answer-stop",
            "case.value",
            "responses.object.nullable",
            "responses.object.object",
            "responses.object.output",
            "responses.object.parallel-tool-calls",
            "responses.object.settings",
            "responses.object.status",
            "responses.object.time",
            "responses.object.tool-choice",
            "responses.object.tools",
            "responses.usage.details",
            "responses.usage.shape",
        ),
        cases="responses/text/input-text[stream=false]",
        apply=on_json(
            lambda document: {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": document["model"],
                "content": [{"type": "text", "text": "Hi"}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
        ),
    ),
)
