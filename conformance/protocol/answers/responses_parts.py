"""Sorts the events of a Responses stream by output item and part.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.core.model import JSON
from conformance.core.pointer import get

Part = tuple[str, int]
"""Identifies a text inside an item: its kind, and its index if an item can have several of this kind (else 0)."""

LIFECYCLE = ("created", "queued", "in_progress", "completed", "incomplete", "failed")
ENDS = ("response.completed", "response.incomplete", "response.failed")

_DELTAS: Mapping[str, tuple[str, str]] = {
    "response.output_text.delta": ("text", "content_index"),
    "response.refusal.delta": ("refusal", "content_index"),
    "response.reasoning_text.delta": ("reasoning", "content_index"),
    "response.reasoning_summary_text.delta": ("summary", "summary_index"),
    "response.function_call_arguments.delta": ("arguments", ""),
    "response.custom_tool_call_input.delta": ("input", ""),
    "response.mcp_call_arguments.delta": ("mcp arguments", ""),
    "response.code_interpreter_call_code.delta": ("code", ""),
}
"""Delta event -> (kind of the text, member with its index)."""

_DONE: Mapping[str, tuple[str, str, str]] = {
    "response.output_text.done": ("text", "content_index", "text"),
    "response.refusal.done": ("refusal", "content_index", "refusal"),
    "response.reasoning_text.done": ("reasoning", "content_index", "text"),
    "response.reasoning_summary_text.done": ("summary", "summary_index", "text"),
    "response.function_call_arguments.done": ("arguments", "", "arguments"),
    "response.custom_tool_call_input.done": ("input", "", "input"),
    "response.mcp_call_arguments.done": ("mcp arguments", "", "arguments"),
    "response.code_interpreter_call_code.done": ("code", "", "code"),
}
"""Done event -> (kind of the text, member with its index, member with the text)."""

_PARTS = {"response.content_part.": "content_index", "response.reasoning_summary_part.": "summary_index"}
"""Start of the type of part events -> member with the index."""

_IN_PART = {"output_text": ("text", "text"), "refusal": ("refusal", "refusal"), "reasoning_text": ("reasoning", "text")}
"""Type of a part -> (kind of the text, member with the text)."""

_IN_ITEM = {
    "function_call": ("arguments", "arguments"),
    "custom_tool_call": ("input", "input"),
    "mcp_call": ("mcp arguments", "arguments"),
    "code_interpreter_call": ("code", "code"),
}
"""Type of an item -> (kind of the text, member with the text)."""


@dataclass(slots=True)
class Text:
    """One text: its deltas, the text in its `done` event, and the text in the `done` event of its part.

    `done_at` and `part_at` are the numbers of these events.
    """

    deltas: list[str] = field(default_factory=list)
    done: str | None = None
    done_at: int = 0
    part: str | None = None
    part_at: int = 0

    def so_far(self) -> str:
        """Return the text as far as it was received."""
        return "".join(self.deltas) if self.done is None else self.done


@dataclass(slots=True)
class Item:
    """One output item: as it was added, as it was done (with the numbers of these events), and its texts."""

    index: int
    added: JSON
    added_at: int
    id: str | None
    done: JSON = None
    done_at: int = 0
    texts: dict[Part, Text] = field(default_factory=dict)
    opened: dict[str, list[int]] = field(default_factory=dict)
    """The indexes of the added parts, in order, by the member with the index (content_index or summary_index)."""
    mismatched: list[tuple[int, JSON, str]] = field(default_factory=list)
    """Events whose item_id is not that of the item: (number, item_id, type)."""

    def text(self, part: Part) -> Text:
        """Return the text of a part; it is created at first access."""
        return self.texts.setdefault(part, Text())


def collect(events: Iterable[tuple[int, JSON]]) -> dict[int, Item]:
    """Return the items of a stream by output_index. Events without a valid index, or before their item, are ignored."""
    items: dict[int, Item] = {}
    for number, event in events:
        index = event.get("output_index") if isinstance(event, dict) else None
        if type(index) is not int:
            continue
        kind = event.get("type")
        if kind == "response.output_item.added":
            items.setdefault(index, _opened(index, event.get("item"), number))
        elif index in items and isinstance(kind, str):
            _add_event(items[index], kind, event, number)
    return items


def texts(item: JSON) -> dict[Part, str]:
    """Return the texts in a finished item, identified as in the events of a stream."""
    kind = get(item, "/type", str) or ""
    if kind in _IN_ITEM:
        name, member = _IN_ITEM[kind]
        value = get(item, f"/{member}", str)
        return {} if value is None else {(name, 0): value}
    return dict(_in_content(item)) | dict(_in_summary(item))


def _opened(index: int, added: JSON, number: int) -> Item:
    return Item(index, added, number, get(added, "/id", str) or None)


def _add_event(item: Item, kind: str, event: JSON, number: int) -> None:
    delta = _DELTAS.get(kind)
    if delta is not None:
        piece = event.get("delta")
        if isinstance(piece, str):
            item.text((delta[0], _index(event, delta[1]))).deltas.append(piece)
    elif kind == "response.output_item.done":
        if item.done is None:
            item.done, item.done_at = event.get("item"), number
        return
    elif kind in _DONE:
        _add_done(item, *_DONE[kind], event, number)
    else:
        _add_part(item, kind, event, number)
    if item.id is not None and get(event, "/item_id", str) not in (None, "", item.id):
        item.mismatched.append((number, event["item_id"], kind))


def _add_done(item: Item, name: str, index: str, member: str, event: JSON, number: int) -> None:
    value = event.get(member)
    if isinstance(value, str):
        text = item.text((name, _index(event, index)))
        text.done, text.done_at = value, number


def _add_part(item: Item, kind: str, event: JSON, number: int) -> None:
    for prefix, member in _PARTS.items():
        if kind == f"{prefix}added":
            item.opened.setdefault(member, []).append(_index(event, member))
        elif kind == f"{prefix}done":
            name, value = _part_text(event.get("part"), member)
            if value is not None:
                text = item.text((name, _index(event, member)))
                text.part, text.part_at = value, number


def _part_text(part: JSON, member: str) -> tuple[str, str | None]:
    """Return (kind, text) of a part; the text is None if the part has no text."""
    if member == "summary_index":
        return "summary", get(part, "/text", str)
    name, key = _IN_PART.get(get(part, "/type", str) or "", ("", ""))
    return name, get(part, f"/{key}", str) if name else None


def _in_content(item: JSON) -> Iterator[tuple[Part, str]]:
    for index, part in enumerate(get(item, "/content", list) or ()):
        name, value = _part_text(part, "content_index")
        if value is not None:
            yield (name, index), value


def _in_summary(item: JSON) -> Iterator[tuple[Part, str]]:
    for index, part in enumerate(get(item, "/summary", list) or ()):
        value = get(part, "/text", str)
        if value is not None:
            yield ("summary", index), value


def _index(event: JSON, member: str) -> int:
    index = event.get(member) if member else 0
    return index if type(index) is int else 0
