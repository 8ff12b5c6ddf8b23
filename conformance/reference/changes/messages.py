"""Changes of messages, in JSON answers and in streams."""

from __future__ import annotations

from collections.abc import Callable

from conformance.core.model import JSON
from conformance.reference.changes.answers import on_json
from conformance.reference.changes.change import Change, chain
from conformance.reference.changes.documents import Edit, at, drop, put
from conformance.reference.changes.flows import edit, everywhere, having, of, on_events


def on_message(make: Callable[[str], Edit]) -> Change:
    """Edits the message in the body and in `message_start`; `make` gets the pointer to it."""
    return chain(on_json(make("")), on_events(edit(having("/message"), make("/message"))))


def on_usage(*names: str, value: JSON = None, there: bool = True) -> Change:
    """Sets members of every usage object, or with `there=False` removes them."""
    places = [f"{root}/usage/{name}" for root in ("", "/message") for name in names]
    return everywhere(*(put(place, value) if there else drop(place) for place in places))


def on_calls(name: str, make: Callable[[str], Edit]) -> Change:
    """Edits a member of every tool call, in JSON and at its start in a stream; `make` gets the pointer to it."""

    def on_call(place: str) -> Edit:
        change = make(f"/{name}")
        return at(place, lambda block: change(block) if block.get("type") == "tool_use" else block)

    return chain(on_json(on_call("/content/*")), on_events(edit(of("content_block_start"), on_call("/content_block"))))
