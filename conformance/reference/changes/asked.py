"""Facts about a request, in any family, and changes for requests that have them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from conformance.core.bounded_json import read_object
from conformance.reference.changes.change import Change
from conformance.reference.gateway import Answer, Answering, Call

_FAMILIES: Mapping[str, str] = {
    "/v1/chat/completions": "chat_completions",
    "/v1/responses(/.*)?": "responses",
    "/v1/messages": "messages",
    "/v1/messages/count_tokens": "count_tokens",
    "/v1/models(/.*)?": "models",
}

FACTS: Mapping[str, Callable[[dict[str, Any]], bool]] = {
    "stream": lambda body: body.get("stream") is True,
    "tools": lambda body: bool(body.get("tools")),
    "tool_results": lambda body: bool(re.search('"(tool_call_id|tool_use_id|function_call_output)"', json.dumps(body))),
    "forced": lambda body: isinstance(body.get("tool_choice"), dict) and body["tool_choice"].get("type") != "any",
    "include_usage": lambda body: bool((body.get("stream_options") or {}).get("include_usage")),
    "several": lambda body: (body.get("n") or 1) > 1,
    "logprobs": lambda body: bool(body.get("logprobs")) or "logprobs" in str(body.get("include")),
    "reasoning": lambda body: any(body.get(name) for name in ("reasoning", "reasoning_effort", "thinking")),
    "format": lambda body: any(body.get(name) for name in ("response_format", "text", "output_config")),
    "history": lambda body: len(body.get("messages") or ()) > 1 or "previous_response_id" in body,
    "non_ascii": lambda body: not json.dumps(body, ensure_ascii=False).isascii(),
}
"""Facts about the JSON object of a request, by name."""


def family_of(call: Call) -> str:
    """The family of the endpoint at the call's path, or "" for an unknown path. Both model lists are `models`."""
    return next((name for path, name in _FAMILIES.items() if re.fullmatch(path, call.path)), "")


def only(family: str, change: Change) -> Change:
    """The change, only for calls of this family; `all` includes every path, also unknown ones."""
    return change if family == "all" else if_(change, lambda call: family_of(call) == family)


def when(change: Change, **facts: bool) -> Change:
    """Applies the change to requests with these `FACTS`: `when(change, stream=True, tools=False)`.

    Raises KeyError for a fact that does not exist.
    """
    tests = [(FACTS[name], wanted) for name, wanted in facts.items()]

    def test(call: Call) -> bool:
        body = read_object(call.body)
        return body is not None and all(fact(body) is wanted for fact, wanted in tests)

    return if_(change, test)


def if_(change: Change, test: Callable[[Call], bool]) -> Change:
    """Applies the change to calls that pass the test."""

    def either(answering: Answering) -> Answering:
        changed = change(answering)

        async def answer(call: Call) -> Answer:
            return await (changed(call) if test(call) else answering(call))

        return answer

    return either
