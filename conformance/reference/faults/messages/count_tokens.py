"""Faults of counting tokens.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_json
from conformance.reference.faults.fault import Fault

ONE = "count_tokens/counting/one-message"


FAULTS = (
    Fault(
        id="count-tokens-wrapped",
        family="count_tokens",
        sentence="The count is wrapped in `usage`.",
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
        id="count-tokens-off",
        family="count_tokens",
        sentence="The count differs a lot from the usage.",
        rules=("case.value",),
        cases="count_tokens/counting/agrees-with-usage",
        apply=on_json(at("/input_tokens", lambda count: 9 * count)),
    ),
)
