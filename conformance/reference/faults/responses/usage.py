"""Faults of the usage of Responses: members that are missing or impossible.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, put
from conformance.reference.changes.documents import all_of
from conformance.reference.changes.responses import on_response
from conformance.reference.faults.fault import Fault

CUT = "responses/limits/max-output-tokens*"
CALL = "responses/tools/forced*"


FAULTS = (
    Fault(
        id="responses-usage-output-of-nobody",
        family="responses",
        sentence="Output tokens are always 1.",
        rules=("responses.request.limit-counted",),
        cases=CUT,
        apply=on_response(
            lambda place: all_of(
                put(f"{place}/usage/output_tokens", 1),
                at(f"{place}/usage", lambda usage: usage and {**usage, "total_tokens": usage["input_tokens"] + 1}),
            )
        ),
    ),
    Fault(
        id="responses-usage-output-zero-with-tools",
        family="responses",
        sentence="An answer that is a tool call has 0 output tokens.",
        rules=("responses.usage.counted",),
        cases=CALL,
        apply=on_response(
            lambda place: all_of(
                put(f"{place}/usage/output_tokens", 0),
                at(f"{place}/usage", lambda usage: usage and {**usage, "total_tokens": usage["input_tokens"]}),
            )
        ),
    ),
)
