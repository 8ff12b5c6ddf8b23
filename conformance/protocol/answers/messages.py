"""Messages: assembles the events of a stream, and extracts the content.

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming, and the accumulation in
anthropic-sdk-python, anthropic/lib/streaming/_messages.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from conformance.core import bounded_json
from conformance.core.model import JSON, Answer, ToolCall
from conformance.core.pointer import get

Block = dict[str, JSON]
_Parts = dict[str, list[JSON]]
"""The values in the deltas of a block, by the type of the delta."""
PROMPT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""The counts of a usage that make up the prompt."""


def assemble(events: Iterable[JSON]) -> JSON:
    """Return the message of a stream, as far as it was received; None without a message_start event."""
    message = next((dict(start) for event in events if (start := _started(event)) is not None), None)
    if message is None:
        return None
    message["content"] = _content(events)
    for event in events:
        if get(event, "/type", str) == "message_delta":
            _apply_message_delta(message, event)
    return message


def answer(final: JSON) -> Answer:
    """Return the content of a message. `input_tokens` counts cached tokens too, as the other families do."""
    found = list(blocks(final))
    calls = [block for block in found if block.get("type") == "tool_use"]
    return Answer(
        text="".join(_texts(found, "text", "text")),
        tool_calls=tuple(ToolCall(_text(b, "id"), _text(b, "name"), b.get("input")) for b in calls),
        stop=get(final, "/stop_reason", str),
        refusal=get(final, "/stop_details/explanation", str) or "",
        reasoning="".join(_texts(found, "thinking", "thinking")),
        input_tokens=prompt_tokens(get(final, "/usage", dict)),
        output_tokens=get(final, "/usage/output_tokens", int),
    )


def blocks(message: JSON) -> Iterator[Block]:
    """Yield the content blocks of a message that are objects."""
    for block in get(message, "/content", list) or ():
        if isinstance(block, dict):
            yield block


def prompt_tokens(usage: JSON) -> int | None:
    """Return the prompt tokens: uncached, written to the cache and read from it. None if there is no count."""
    counts = [count for name in PROMPT if (count := get(usage, f"/{name}", int)) is not None]
    return sum(counts) if counts else None


def _started(event: JSON) -> JSON:
    return get(event, "/message", dict) if get(event, "/type", str) == "message_start" else None


def _apply_message_delta(message: dict[str, Any], event: JSON) -> None:
    """Update the message from a message_delta event. Token counts are totals; null does not replace a count."""
    message.update(get(event, "/delta", dict) or {})
    usage = get(event, "/usage", dict) or {}
    counted = get(message, "/usage", dict) or {}
    message["usage"] = {**counted, **{name: value for name, value in usage.items() if value is not None}}


def _content(events: Iterable[JSON]) -> list[JSON]:
    """Return the content blocks in the order of their start. A delta belongs to the last block started at its index."""
    started: list[tuple[Block, _Parts]] = []
    at: dict[int, _Parts] = {}
    for event in events:
        kind, index = get(event, "/type", str), get(event, "/index", int)
        if kind == "content_block_start" and isinstance(block := event.get("content_block"), dict):
            parts: _Parts = {}
            started.append((block, parts))
            if index is not None:
                at[index] = parts
        elif kind == "content_block_delta" and index in at and isinstance(event.get("delta"), dict):
            _keep(event["delta"], at[index])
    return [_block(start, parts) for start, parts in started]


def _keep(delta: dict[str, JSON], parts: _Parts) -> None:
    """Keep the value of a delta, not the delta itself: a long stream has many."""
    kind = delta.get("type")
    if isinstance(kind, str) and kind in _MEMBERS:
        values, name = parts.setdefault(kind, []), _MEMBERS[kind][0]
        if name in delta:
            values.append(delta[name])


def _block(start: Block, parts: _Parts) -> Block:
    block = dict(start)
    for kind, values in parts.items():
        _, member, join = _MEMBERS[kind]
        block[member] = join(block.get(member), values)
    return block


def _joined(start: JSON, parts: list[JSON]) -> JSON:
    return "".join(part for part in chain((start,), parts) if isinstance(part, str))


def _appended(start: JSON, parts: list[JSON]) -> JSON:
    return [*(start if isinstance(start, list) else []), *parts]


def _last(start: JSON, parts: list[JSON]) -> JSON:
    return parts[-1] if parts else start


def _parsed(start: JSON, parts: list[JSON]) -> JSON:
    """Return the input of a tool call as JSON, or as text if it is not JSON."""
    text = _joined("", parts)
    if not text.strip():
        return start
    try:
        return bounded_json.loads(text)
    except ValueError:
        return text


_Join = Callable[[JSON, list[JSON]], JSON]
_MEMBERS: Mapping[str, tuple[str, str, _Join]] = {
    "text_delta": ("text", "text", _joined),
    "thinking_delta": ("thinking", "thinking", _joined),
    "signature_delta": ("signature", "signature", _last),
    "citations_delta": ("citation", "citations", _appended),
    "input_json_delta": ("partial_json", "input", _parsed),
    "compaction_delta": ("content", "content", _joined),
}
"""Type of a delta -> (its member, the member of the block that it extends, how the values are joined)."""


def _texts(found: list[Block], kind: str, member: str) -> Iterator[str]:
    return (_text(block, member) for block in found if block.get("type") == kind)


def _text(block: Block, member: str) -> str:
    value = block.get(member)
    return value if isinstance(value, str) else ""
