"""Responses: assembles the events of a stream, and extracts the content.

A stream ends with the whole object. If it was cut off, the object of its last lifecycle event gets the items as far as
they were received. `Answer.stop` is the reason in `incomplete_details` for an incomplete response, else the status.
Source: https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.core.model import JSON, Answer, ToolCall
from conformance.core.pointer import get, values
from conformance.protocol.answers.responses_parts import ENDS, LIFECYCLE, Item, collect

_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}


def assemble(events: Iterable[JSON]) -> JSON:
    """Return the response of a stream, as without streaming; None if the events contain nothing of it."""
    last = None
    for event in events:
        if _is_lifecycle(event):
            last = event
    if last is not None and last["type"] in ENDS:
        return last["response"]
    items = collect(enumerate(events, 1))
    if last is None and not items:
        return None
    started = {} if last is None else last["response"]
    return {**started, "output": [_so_far(items[index]) for index in sorted(items)]}


def answer(final: JSON) -> Answer:
    """Return the content of a response object."""
    return Answer(
        text=_joined(final, "/output/*/content/*", "output_text", "text"),
        tool_calls=tuple(_calls(final)),
        stop=get(final, "/incomplete_details/reason", str) or get(final, "/status", str),
        refusal=_joined(final, "/output/*/content/*", "refusal", "refusal"),
        reasoning=_reasoning(final),
        input_tokens=get(final, "/usage/input_tokens", int),
        output_tokens=get(final, "/usage/output_tokens", int),
    )


def _is_lifecycle(event: JSON) -> bool:
    kind = get(event, "/type", str) or ""
    known = kind.startswith("response.") and kind.removeprefix("response.") in LIFECYCLE
    return known and get(event, "/response", dict) is not None


def _so_far(item: Item) -> JSON:
    """Return an item as far as it was received."""
    if isinstance(item.done, dict) or not isinstance(item.added, dict):
        return item.done if item.done is not None else item.added
    return {**item.added, **_members(item)}


def _members(item: Item) -> JSON:
    """Return the texts of an unfinished item as members of it."""
    texts = {part: text.so_far() for part, text in sorted(item.texts.items())}
    kind = get(item.added, "/type", str) or ""
    if kind in _CALLS:
        return {_CALLS[kind]: "".join(texts.values())}
    if kind == "reasoning":
        summaries = (text for (name, _), text in texts.items() if name == "summary")
        return {"summary": [{"type": "summary_text", "text": text} for text in summaries]}
    if kind != "message":
        return {}
    return {"content": [_content(name, text) for (name, _), text in texts.items()]}


def _content(name: str, text: str) -> JSON:
    if name == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _calls(final: JSON) -> Iterator[ToolCall]:
    for item in values(final, "/output/*"):
        member = _CALLS.get(get(item, "/type", str) or "")
        if member:
            arguments = item.get(member)
            yield ToolCall(get(item, "/call_id", str) or "", get(item, "/name", str) or "", arguments)


def _joined(final: JSON, parts: str, kind: str, member: str) -> str:
    found = (get(part, f"/{member}", str) for part in values(final, parts) if get(part, "/type", str) == kind)
    return "".join(text for text in found if text)


def _reasoning(final: JSON) -> str:
    summary = _joined(final, "/output/*/summary/*", "summary_text", "text")
    return summary or _joined(final, "/output/*/content/*", "reasoning_text", "text")
