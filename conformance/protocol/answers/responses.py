"""What an answer of Responses says.

A stream ends with the whole object; where it was cut, the object of its last lifecycle event is filled with the
items as far as they came. `Answer.stop` is the status, and for an incomplete answer the reason in `incomplete_details`.
Source: https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.core.model import JSON, Answer, ToolCall
from conformance.core.pointer import each, get
from conformance.protocol.answers.responses_parts import ENDS, LIFECYCLE, Item, collect

_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}


def assemble(events: Iterable[JSON]) -> JSON:
    """The object that the same request gives unstreamed; None where no event carries any of it."""
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
    """The words, the calls, the reason for the end and the token counts of a response object."""
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
    if isinstance(item.done, dict) or not isinstance(item.added, dict):
        return item.done if item.done is not None else item.added
    return {**item.added, **_members(item)}


def _members(item: Item) -> JSON:
    """The texts of an item that was never done, as members of it."""
    said = {part: text.said() for part, text in sorted(item.texts.items())}
    kind = get(item.added, "/type", str) or ""
    if kind in _CALLS:
        return {_CALLS[kind]: "".join(said.values())}
    if kind == "reasoning":
        return {
            "summary": [{"type": "summary_text", "text": text} for (name, _), text in said.items() if name == "summary"]
        }
    if kind != "message":
        return {}
    return {"content": [_content(name, text) for (name, _), text in said.items()]}


def _content(name: str, text: str) -> JSON:
    if name == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _calls(final: JSON) -> Iterator[ToolCall]:
    for _, item in each(final, "/output/*"):
        member = _CALLS.get(get(item, "/type", str) or "")
        if member:
            arguments = item.get(member)
            yield ToolCall(get(item, "/call_id", str) or "", get(item, "/name", str) or "", arguments)


def _joined(final: JSON, parts: str, kind: str, member: str) -> str:
    found = (get(part, f"/{member}", str) for _, part in each(final, parts) if get(part, "/type", str) == kind)
    return "".join(text for text in found if text)


def _reasoning(final: JSON) -> str:
    summary = _joined(final, "/output/*/summary/*", "summary_text", "text")
    return summary or _joined(final, "/output/*/content/*", "reasoning_text", "text")
