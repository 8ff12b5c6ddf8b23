"""Changes of Messages, in answers and in streams, which start with a message."""

from __future__ import annotations

from collections.abc import Callable

from conformance.reference.changes.answers import on_json
from conformance.reference.changes.change import Change, chain
from conformance.reference.changes.documents import Edit, at
from conformance.reference.changes.flows import edit, everywhere, having, of, on_events


def on_message(make: Callable[[str], Edit]) -> Change:
    """An edit of the message, in an answer and in message_start; `make` gets the pointer to it."""
    return chain(on_json(make("")), on_events(edit(having("/message"), make("/message"))))


def on_usage(make: Callable[[str], Edit]) -> Change:
    """An edit of the usage, in the message and in events; `make` gets the pointer to it."""
    return everywhere(make("/usage"), make("/message/usage"))


def on_calls(change: Edit) -> Change:
    """An edit of every tool_use block, in an answer and in content_block_start."""

    def on_call(place: str) -> Edit:
        return at(place, lambda block: change(block) if block.get("type") == "tool_use" else block)

    return chain(on_json(on_call("/content/*")), on_events(edit(of("content_block_start"), on_call("/content_block"))))
