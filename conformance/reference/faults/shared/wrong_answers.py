"""Answers of the right format that do not fit the request.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, on_json, on_request, put, rename
from conformance.reference.faults.fault import Fault

HELLO: JSON = [{"role": "user", "content": "Hello"}]


def _as_messages(text: JSON) -> JSON:
    return [{"role": "user", "content": text}] if isinstance(text, str) else HELLO


def _with_system_as_message(body: JSON) -> JSON:
    """The body with a top-level system prompt among the messages."""
    if not isinstance(body, dict) or "system" not in body:
        return body
    rest = {name: value for name, value in body.items() if name != "system"}
    return {**rest, "messages": [{"role": "system", "content": body["system"]}, *rest["messages"]]}


def _summed(usage: JSON) -> JSON:
    """The usage with a total that fits."""
    return {**usage, "total_tokens": usage["prompt_tokens"] + usage["completion_tokens"]}


FAULTS = (
    Fault(
        id="case-long-text-cut",
        family="responses",
        sentence="A prompt is cut after 4,000 characters without notice.",
        rules=("case.answer-text",),
        cases="responses/text/long-input-in-one-text",
        apply=on_request(at("/input", lambda text: text[:4000] if isinstance(text, str) else text)),
    ),
    Fault(
        id="case-old-turns-dropped",
        family="messages",
        sentence="Only the last six messages of a conversation reach the model.",
        rules=("case.answer-text",),
        cases="messages/text/longer-history",
        apply=on_request(at("/messages", lambda turns: turns[-6:] if isinstance(turns, list) else turns)),
    ),
    Fault(
        id="case-long-answer-cut",
        family="chat_completions",
        sentence="An answer is cut after 200 characters, without notice.",
        rules=("case.answer-text",),
        cases="chat_completions/text/long-answer[stream=false]",
        apply=on_json(at("/choices/*/message/content", lambda text: text and text[:200])),
    ),
    Fault(
        id="case-foreign-body-converted",
        family="chat_completions",
        sentence="A Responses body is converted and answered without notice.",
        rules=("case.incomplete-accepted",),
        cases="mismatch/responses-body/text-input[endpoint=chat_completions]",
        apply=on_request(at("/input", _as_messages), rename("/input", "messages")),
    ),
    Fault(
        id="case-foreign-field-converted",
        family="chat_completions",
        sentence="A top-level system prompt is converted without notice.",
        rules=("case.conversion-undeclared",),
        cases="mismatch/foreign-field/system-in-chat*",
        apply=on_request(_with_system_as_message),
    ),
    Fault(
        id="case-prompt-tokens-differ",
        family="chat_completions",
        sentence="A stream reports other prompt tokens than an answer that is not streamed.",
        rules=("case.same-prompt-tokens",),
        cases="chat_completions/usage/same-for-text",
        apply=on_json(put("/usage/prompt_tokens", 999), at("/usage", _summed)),
    ),
)
