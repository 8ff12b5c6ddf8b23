"""Faults of counting tokens."""

from __future__ import annotations

from conformance.model import JSON
from conformance.reference.changes import at, drop, on_json, on_request, put, rename
from conformance.reference.changes.replies import refuse, reply_json
from conformance.reference.changes.values import in_list, text
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
        id="count-tokens-lost",
        family="count_tokens",
        sentence="The count is missing.",
        rules=("count-tokens.input-tokens", "case.present"),
        cases=ONE,
        apply=on_json(drop("/input_tokens")),
    ),
    Fault(
        id="count-tokens-null",
        family="count_tokens",
        sentence="The count is null.",
        rules=("count-tokens.input-tokens", "case.present"),
        cases=ONE,
        apply=on_json(put("/input_tokens", None)),
    ),
    Fault(
        id="count-tokens-text",
        family="count_tokens",
        sentence="The count is text.",
        rules=("count-tokens.input-tokens",),
        cases=ONE,
        apply=on_json(at("/input_tokens", text)),
    ),
    Fault(
        id="count-tokens-fraction",
        family="count_tokens",
        sentence="The count has a fraction.",
        rules=("count-tokens.input-tokens",),
        cases=ONE,
        apply=on_json(put("/input_tokens", 7.5)),
    ),
    Fault(
        id="count-tokens-renamed",
        family="count_tokens",
        sentence="The count is called prompt_tokens.",
        rules=("count-tokens.input-tokens", "case.present"),
        cases=ONE,
        apply=on_json(rename("/input_tokens", "prompt_tokens")),
    ),
    Fault(
        id="count-tokens-wrapped",
        family="count_tokens",
        sentence="The count stands in usage.",
        rules=("count-tokens.input-tokens", "case.present"),
        cases=ONE,
        apply=on_json(lambda count: {"usage": count}),
    ),
    Fault(
        id="count-tokens-bare",
        family="count_tokens",
        sentence="The answer is a bare number.",
        rules=("count-tokens.object", "case.present"),
        cases=ONE,
        apply=on_json(lambda count: count["input_tokens"]),
    ),
    Fault(
        id="count-tokens-array",
        family="count_tokens",
        sentence="The answer is an array.",
        rules=("count-tokens.object", "case.present"),
        cases=ONE,
        apply=on_json(in_list),
    ),
    Fault(
        id="count-tokens-zero",
        family="count_tokens",
        sentence="The count is zero.",
        rules=("count-tokens.counted",),
        cases=ONE,
        apply=on_json(put("/input_tokens", 0)),
    ),
    Fault(
        id="count-tokens-negative",
        family="count_tokens",
        sentence="The count is negative.",
        rules=("count-tokens.counted",),
        cases=ONE,
        apply=on_json(put("/input_tokens", -1)),
    ),
    Fault(
        id="count-tokens-constant",
        family="count_tokens",
        sentence="Every prompt has the same count.",
        rules=("case.value",),
        cases="count_tokens/counting/system-and-tools-counted",
        apply=on_json(put("/input_tokens", 12)),
    ),
    Fault(
        id="count-tokens-without-system",
        family="count_tokens",
        sentence="The system prompt and the tools are not counted.",
        rules=("case.value",),
        cases="count_tokens/counting/system-and-tools-counted",
        apply=on_request(drop("/system"), drop("/tools")),
    ),
    Fault(
        id="count-tokens-off",
        family="count_tokens",
        sentence="The count is far from what the usage says.",
        rules=("case.value",),
        cases="count_tokens/counting/agrees-with-usage",
        apply=on_json(at("/input_tokens", lambda count: 9 * count)),
    ),
    Fault(
        id="count-tokens-generates",
        family="count_tokens",
        sentence="The prompt is answered instead of counted.",
        rules=("count-tokens.input-tokens", "case.present"),
        cases=ONE,
        apply=reply_json(200, _ANSWER),
    ),
    Fault(
        id="count-tokens-unknown-url",
        family="count_tokens",
        sentence="There is no such endpoint, says an error in the form of OpenAI.",
        rules=("error.type.documented", "error.anthropic.foreign-envelope", "case.accepted"),
        cases=ONE,
        apply=reply_json(404, _NO_SUCH_URL),
        url="https://github.com/Wei-Shaw/claude-relay-service/issues/731",
    ),
    Fault(
        id="count-tokens-not-found",
        family="count_tokens",
        sentence="Models that Messages serves cannot be counted for.",
        rules=("case.accepted",),
        cases=ONE,
        apply=refuse(404, "count_tokens is not supported for this model."),
        url="https://github.com/vercel/ai/pull/17531",
    ),
    Fault(
        id="count-tokens-accepts-anything",
        family="count_tokens",
        sentence="A body without messages is counted.",
        rules=("case.refused",),
        cases="count_tokens/errors/no-messages count_tokens/errors/broken-json",
        apply=reply_json(200, {"input_tokens": 0}),
    ),
)
