"""Settings of a Responses request that are lost or changed.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_json
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="responses-json-fenced",
        family="responses",
        sentence="JSON is wrapped in a Markdown code fence.",
        rules=("responses.request.format-json", "case.answer-json"),
        cases="responses/structured-output/json*stream=false]",
        apply=on_json(at("/output/*/content/*/text", lambda text: f"```json\n{text}\n```")),
    ),
    Fault(
        id="responses-used-more-than-allowed",
        family="responses",
        sentence="More output tokens are used than the request allows.",
        rules=("responses.request.max-output-tokens", "case.tokens-cap"),
        cases="responses/limits/max-output-tokens[stream=false]",
        apply=on_json(
            at("/usage", lambda usage: {**usage, "output_tokens": 40, "total_tokens": usage["input_tokens"] + 40})
        ),
    ),
)
