"""One try of a prompt: whether the answer calls tools where it should, the right ones, with valid arguments; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from conformance.core import bounded_json
from conformance.core.model import JSON, ToolCall
from conformance.protocol.adhoc_schema import validation_error
from conformance.protocol.reading import Reading
from conformance.suite.tool_prompts import Prompt

Side = Literal["gateway", "upstream"]
Measure = Literal["trigger", "names", "arguments", "all"]
MEASURES: Mapping[Measure, str] = {
    "trigger": "calls a tool where the prompt asks for one, and none where it does not",
    "names": "calls the tools that the prompt asks for, each as often as it does",
    "arguments": "calls with arguments that are valid under the schema of the tool",
    "all": "does all of this; a fault that harms each a little shows here",
}
"""Measure -> what the share of the tries means. `names` and `arguments` are of the tries that rightly call a tool."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A try: which measures it meets, without those that it says nothing about; or why the request failed."""

    prompt: str
    side: Side
    met: Mapping[Measure, bool] = field(default_factory=dict)
    failure: str = ""


def tried(prompt: Prompt, side: Side, reading: Reading) -> Tried:
    """Judges an answer. A failed request says nothing; an answer that cannot be read calls no tool."""
    if problem := _failure(reading):
        return Tried(prompt.id, side, failure=problem)
    calls = reading.answer.tool_calls if reading.answer else ()
    is_wanted = bool(prompt.calls)
    met: dict[Measure, bool] = {"trigger": bool(calls) == is_wanted and reading.answer is not None}
    if is_wanted and calls:
        met["names"] = Counter(call.name for call in calls) == Counter(prompt.calls)
        schemas = prompt.schemas
        if offered := [call for call in calls if call.name in schemas]:
            met["arguments"] = all(_is_valid(call, schemas[call.name]) for call in offered)
    return Tried(prompt.id, side, with_all(met))


def with_all(met: Mapping[Measure, bool]) -> Mapping[Measure, bool]:
    """The measures of a try, with that of all of them."""
    return {**met, "all": all(met.values())}


def _failure(reading: Reading) -> str:
    exchange = reading.exchange
    if exchange.status is None or exchange.ended != "complete":
        return exchange.problem or exchange.ended
    if not 200 <= exchange.status < 300:
        return f"status {exchange.status}"
    return f"an error with status {exchange.status}" if reading.errors else ""


def _is_valid(call: ToolCall, schema: JSON) -> bool:
    arguments = call.arguments
    if isinstance(arguments, str):
        try:
            arguments = bounded_json.loads(arguments)
        except ValueError:
            return False
    return isinstance(arguments, dict) and not validation_error(arguments, schema)
