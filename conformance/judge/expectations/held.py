"""The rules of each expectation of a case, so that a report can say where a rule could have been broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.case_format import Expectation
from conformance.protocol.reading import Reading

RULES: Mapping[str, tuple[str, ...]] = {
    "any": ("case.answered", "case.intermittent"),
    "success": ("case.accepted",),
    "refusal": ("case.refused", "case.status", "case.status-422"),
    "should_be": ("case.status-usual",),
    "should_say": ("case.error-names-mistake",),
    "param": ("case.error-names-mistake",),
    "never_say": ("case.error-misleads",),
    "unless_converted": ("case.body-ignored", "case.conversion-undeclared", "case.incomplete-accepted"),
    "contains": ("case.answer-text", "case.answer-exact", "case.reasoning-in-text"),
    "verbatim": ("case.answer-text", "case.answer-white-space"),
    "lacks": ("case.answer-text",),
    "text": ("case.answer-text",),
    "json": ("case.answer-json",),
    "stop": ("case.answer-stop",),
    "tool_calls": ("case.tool-called", "case.tool-chosen", "case.tool-arguments"),
    "max_tool_calls": ("case.tool-called",),
    "reasoning": ("case.reasoning",),
    "choices": ("case.choices",),
    "max_output_tokens": ("case.tokens-cap",),
    "present": ("case.present",),
    "absent": ("case.absent",),
    "positive": ("case.value",),
    "equal": ("case.value",),
    "one_of": ("case.value",),
    "includes": ("case.value", "case.tool-chosen"),
    "excludes": ("case.value",),
    "differs": ("case.value",),
    "lists": ("case.model-listed",),
    "within": ("case.in-time",),
    "incremental": ("case.incremental",),
    "same_as": ("case.same-answer", "case.same-output-tokens", "case.same-prompt-tokens", "case.cached-tokens"),
    "parameter": (
        "upstream.parameter.dropped",
        "upstream.parameter.altered",
        "upstream.parameter.dropped-advisory",
        "upstream.parameter.altered-advisory",
        "upstream.parameter.without-counterpart",
        "upstream.parameter.unknown-there",
    ),
}
"""Word of an expectation -> the rules that it can break. `any` holds for every exchange."""


def words(expect: Expectation, reading: Reading) -> Iterator[str]:
    """Yield the words whose rules an exchange was held against; those about an answer only if there is one."""
    yield "any"
    if expect["outcome"] == "failure":
        return
    if expect["outcome"] == "refusal" or (expect["outcome"] == "either" and reading.kind == "error"):
        yield "refusal"
        words_of_errors = ("should_be", "unless_converted", "differs", "parameter", "within")
        yield from (word for word in words_of_errors if word in expect)
        yield from expect.get("error", ())
    else:
        yield "success"
        yield from expect.get("answer", ())
        yield from (word for word in expect if word in RULES)
