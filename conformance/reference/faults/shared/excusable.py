"""Faults that look like a weak model: where they are in every family, no endpoint shows that the model is able."""

from __future__ import annotations

from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes import at, on_json, on_request, put
from conformance.reference.faults.fault import Fault

_RESULTS = ("tool", "function_call_output", "tool_result")


def _last(turns: JSON) -> JSON:
    return turns[-1:] if isinstance(turns, list) else turns


def _without_results(turns: JSON) -> JSON:
    """The turns, in which the results of tools are empty."""
    for turn in turns if isinstance(turns, list) else ():
        parts = turn.get("content")
        for part in (turn, *(parts if isinstance(parts, list) else ())):
            if isinstance(part, dict) and (part.get("role") in _RESULTS or part.get("type") in _RESULTS):
                part["output" if "output" in part else "content"] = ""
    return turns


def _said_to_be_cut(completion: Any) -> Any:
    usage = completion["usage"]
    usage["completion_tokens"] = 256
    usage["total_tokens"] = usage["prompt_tokens"] + 256
    return completion


FAULTS = (
    Fault(
        id="excusable-history-lost",
        family="all",
        sentence="In every family, only the last message reaches the provider.",
        rules=("case.answer-text",),
        cases="{chat_completions,responses,messages}/text/recall[stream=false]",
        apply=on_request(at("/messages", _last), at("/input", _last)),
    ),
    Fault(
        id="excusable-results-lost",
        family="all",
        sentence="In every family, the results of tools are empty.",
        rules=("case.answer-text",),
        cases="{chat_completions,responses,messages}/tools/result-in-history[stream=false]",
        apply=on_request(at("/messages", _without_results), at("/input", _without_results)),
    ),
    Fault(
        id="excusable-text-lost-at-limit",
        family="chat_completions",
        sentence="The text of an answer is lost, and the answer is said to have reached its limit.",
        rules=("case.answer-text", "case.answer-stop"),
        cases="chat_completions/limits/limit-not-reached[stream=false]",
        apply=on_json(
            put("/choices/*/message/content", ""), put("/choices/*/finish_reason", "length"), at("", _said_to_be_cut)
        ),
    ),
)
