"""Faults of counting tokens."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, on_json, on_request, put, rename
from conformance.reference.changes.replies import refuse, reply_json
from conformance.reference.faults.fault import Fault

ONE = "count_tokens/counting/one-message"

_NO_SUCH_URL: JSON = {
    "error": {
        "message": "Invalid URL (POST /v1/messages/count_tokens)",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
}
_ANSWER: JSON = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Yes."}],
    "model": "reference-large",
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 7, "output_tokens": 2},
}


FAULTS = (
    Fault(
        "count-tokens-lost",
        "count_tokens",
        "The count is missing.",
        (
            "count-tokens.input-tokens",
            "case.present",
        ),
        ONE,
        on_json(drop("/input_tokens")),
    ),
    Fault(
        "count-tokens-null",
        "count_tokens",
        "The count is null.",
        (
            "count-tokens.input-tokens",
            "case.present",
        ),
        ONE,
        on_json(put("/input_tokens", None)),
    ),
    Fault(
        "count-tokens-text",
        "count_tokens",
        "The count is text.",
        ("count-tokens.input-tokens",),
        ONE,
        on_json(at("/input_tokens", str)),
    ),
    Fault(
        "count-tokens-fraction",
        "count_tokens",
        "The count has a fraction.",
        ("count-tokens.input-tokens",),
        ONE,
        on_json(put("/input_tokens", 7.5)),
    ),
    Fault(
        "count-tokens-renamed",
        "count_tokens",
        "The count is called prompt_tokens.",
        (
            "count-tokens.input-tokens",
            "case.present",
        ),
        ONE,
        on_json(rename("/input_tokens", "prompt_tokens")),
    ),
    Fault(
        "count-tokens-wrapped",
        "count_tokens",
        "The count stands in usage.",
        (
            "count-tokens.input-tokens",
            "case.present",
        ),
        ONE,
        on_json(lambda count: {"usage": count}),
    ),
    Fault(
        "count-tokens-bare",
        "count_tokens",
        "The answer is a bare number.",
        (
            "count-tokens.object",
            "case.present",
        ),
        ONE,
        on_json(lambda count: count["input_tokens"]),
    ),
    Fault(
        "count-tokens-array",
        "count_tokens",
        "The answer is an array.",
        (
            "count-tokens.object",
            "case.present",
        ),
        ONE,
        on_json(lambda count: [count]),
    ),
    Fault(
        "count-tokens-zero",
        "count_tokens",
        "The count is zero.",
        ("count-tokens.counted",),
        ONE,
        on_json(put("/input_tokens", 0)),
    ),
    Fault(
        "count-tokens-negative",
        "count_tokens",
        "The count is negative.",
        ("count-tokens.counted",),
        ONE,
        on_json(put("/input_tokens", -1)),
    ),
    Fault(
        "count-tokens-constant",
        "count_tokens",
        "Every prompt has the same count.",
        ("case.value",),
        "count_tokens/counting/system-and-tools-counted",
        on_json(put("/input_tokens", 12)),
    ),
    Fault(
        "count-tokens-without-system",
        "count_tokens",
        "The system prompt and the tools are not counted.",
        ("case.value",),
        "count_tokens/counting/system-and-tools-counted",
        on_request(drop("/system"), drop("/tools")),
    ),
    Fault(
        "count-tokens-off",
        "count_tokens",
        "The count is far from what the usage says.",
        ("case.value",),
        "count_tokens/counting/agrees-with-usage",
        on_json(at("/input_tokens", lambda count: 9 * count)),
    ),
    Fault(
        "count-tokens-generates",
        "count_tokens",
        "The prompt is answered instead of counted.",
        (
            "count-tokens.input-tokens",
            "case.present",
        ),
        ONE,
        reply_json(200, _ANSWER),
    ),
    Fault(
        "count-tokens-unknown-url",
        "count_tokens",
        "There is no such endpoint, says an error in the form of OpenAI.",
        (
            "error.type.documented",
            "error.anthropic.foreign-envelope",
            "case.accepted",
        ),
        ONE,
        reply_json(404, _NO_SUCH_URL),
        "https://github.com/Wei-Shaw/claude-relay-service/issues/731",
    ),
    Fault(
        "count-tokens-not-found",
        "count_tokens",
        "Models that Messages serves cannot be counted for.",
        ("case.accepted",),
        ONE,
        refuse(404, "count_tokens is not supported for this model."),
        "https://github.com/vercel/ai/pull/17531",
    ),
    Fault(
        "count-tokens-accepts-anything",
        "count_tokens",
        "A body without messages is counted.",
        ("case.refused",),
        "count_tokens/errors/no-messages count_tokens/errors/broken-json",
        reply_json(200, {"input_tokens": 0}),
    ),
)
