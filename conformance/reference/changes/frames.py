"""The events of a stream: bytes to frames and back, each as soon as it has arrived."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from conformance.core.model import JSON
from conformance.reference.changes.documents import Edit, edited, found

END = b"\n\n"
"""The end of an event; the provider uses no other line ends."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One event: `raw` are its bytes on the wire, `name` and `data` its fields ("" if missing)."""

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
        """The `type` in the data, or ""."""
        document = self.json
        return str(document.get("type", "")) if isinstance(document, dict) else ""

    def has(self, pointer: str) -> bool:
        """Whether the data has a value that is not null at the pointer."""
        return any(value is not None for value in found(self.json, pointer))

    def edited(self, *edits: Edit) -> Frame:
        """The event with edited data, or itself if nothing changed; a named event is renamed to the data's `type`."""
        document = edited(self.json, edits)
        if document == self.json:
            return self
        kind = document.get("type") if isinstance(document, dict) else None
        return event(document, str(kind or self.name) if self.name else "")

    def named(self, name: str) -> Frame:
        """The event with another name; with "", without an `event:` line."""
        return event(self.data, name)


def event(data: JSON, name: str = "") -> Frame:
    """An event framed as the vendors do. A string is used as the data; any other value is encoded as JSON."""
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
    """The events of a body, each when its blank line has arrived; an incomplete event at the end is kept as it is."""
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
