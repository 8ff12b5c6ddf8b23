"""What a Messages answer says.

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming, and the accumulation in
anthropic-sdk-python, anthropic/lib/streaming/_messages.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from conformance.core.model import JSON, Answer, ToolCall
from conformance.core.pointer import get

Block = dict[str, JSON]
_Parts = dict[str, list[JSON]]
"""What the deltas of a block bring, by their kind."""
_PROMPT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def assemble(events: Iterable[JSON]) -> JSON:
    """The message that a stream adds up to, as far as it came; None where no message started."""
    message = next((dict(start) for event in events if (start := _started(event)) is not None), None)
    if message is None:
        return None
    message["content"] = _content(events)
    for event in events:
        if get(event, "/type", str) == "message_delta":
            _end(message, event)
    return message


def answer(final: JSON) -> Answer:
    """What a message says. `input_tokens` counts the whole prompt, cached or not, as the other families do."""
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
    """The blocks of a message that are objects."""
    for block in get(message, "/content", list) or ():
        if isinstance(block, dict):
            yield block


def prompt_tokens(usage: JSON) -> int | None:
    """The tokens of the prompt: fresh, written to the cache and read from it. None where nothing was counted."""
    counts = [count for name in _PROMPT if (count := get(usage, f"/{name}", int)) is not None]
    return sum(counts) if counts else None


def _started(event: JSON) -> JSON:
    return get(event, "/message", dict) if get(event, "/type", str) == "message_start" else None


def _end(message: dict[str, Any], event: JSON) -> None:
    """What message_delta says of the message: counts are totals and replace; null leaves what was there."""
    message.update(get(event, "/delta", dict) or {})
    usage = get(event, "/usage", dict) or {}
    counted = get(message, "/usage", dict) or {}
    message["usage"] = {**counted, **{name: value for name, value in usage.items() if value is not None}}


def _content(events: Iterable[JSON]) -> list[JSON]:
    """The blocks in the order of their start; a delta belongs to the block that last started at its index."""
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
    """What a delta brings, without the delta: a long stream has many."""
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


def _read(start: JSON, parts: list[JSON]) -> JSON:
    """The input of a call: its parts as JSON, or their text where they are none."""
    text = _joined("", parts)
    if not text.strip():
        return start
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


_Join = Callable[[JSON, list[JSON]], JSON]
_MEMBERS: Mapping[str, tuple[str, str, _Join]] = {
    "text_delta": ("text", "text", _joined),
    "thinking_delta": ("thinking", "thinking", _joined),
    "signature_delta": ("signature", "signature", _last),
    "citations_delta": ("citation", "citations", _appended),
    "input_json_delta": ("partial_json", "input", _read),
    "compaction_delta": ("content", "content", _joined),
}
"""What a delta brings: its own member, the member of the block that it goes into, and how."""


def _texts(found: list[Block], kind: str, member: str) -> Iterator[str]:
    return (_text(block, member) for block in found if block.get("type") == kind)


def _text(block: Block, member: str) -> str:
    value = block.get(member)
    return value if isinstance(value, str) else ""
