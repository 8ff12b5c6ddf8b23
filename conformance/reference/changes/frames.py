"""The events of a stream: bytes to frames and back, each as soon as it is complete."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from conformance.core.model import JSON
from conformance.reference.changes.documents import Edit, edited, found

END = b"\n\n"
"""The end of an event; the provider does not use other line ends."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: `raw` has its bytes, `name` and `data` are its fields ("" if it does not have them)."""

    raw: bytes
    name: str = ""
    data: str = ""

    @property
    def json(self) -> JSON:
        """The data as JSON, or None if it is not JSON."""
        try:
            return json.loads(self.data)
        except ValueError:
            return None

    @property
    def type(self) -> str:
        """The `type` in the data, or "" if there is no type."""
        document = self.json
        return str(document.get("type", "")) if isinstance(document, dict) else ""

    def has(self, pointer: str) -> bool:
        """Whether the data has a value that is not null at the pointer."""
        return any(value is not None for value in found(self.json, pointer))

    def edited(self, *edits: Edit) -> Frame:
        """The event with edited data; its name, if it has one, becomes the data's `type`."""
        document = edited(self.json, edits)
        if document == self.json:
            return self
        kind = document.get("type") if isinstance(document, dict) else None
        return event(document, str(kind or self.name) if self.name else "")

    def named(self, name: str) -> Frame:
        """The event with another name; with "", without an `event:` line."""
        return event(self.data, name)


def event(data: JSON, name: str = "") -> Frame:
    """An event in the vendors' framing. A string is the data itself, any other value is written as JSON."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"event: {name}\n" if name else ""
    return Frame(f"{head}data: {text}\n\n".encode("utf-8", "surrogatepass"), name, text)


def typed(document: dict[str, JSON]) -> Frame:
    """An event named after its `type`, as in Messages and Responses."""
    return event(document, str(document["type"]))


def comment(text: str) -> Frame:
    """A comment line, which clients ignore."""
    return Frame(f": {text}\n\n".encode())


async def frames(body: AsyncIterator[bytes]) -> AsyncIterator[Frame]:
    """The events of a body, each after its blank line; bytes without one at the end are one frame."""
    rest = b""
    async for piece in body:
        *blocks, rest = (rest + piece).split(END)
        for block in blocks:
            yield _frame(block)
    if rest:
        yield Frame(rest)


def _frame(block: bytes) -> Frame:
    lines = block.decode("utf-8", "replace").split("\n")
    return Frame(block + END, _field(lines, "event"), _field(lines, "data"))


def _field(lines: Iterable[str], name: str) -> str:
    return "\n".join(line.partition(":")[2].removeprefix(" ") for line in lines if line.startswith(f"{name}:"))
