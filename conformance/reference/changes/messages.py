"""Changes of Messages, whose message comes whole, or as the start of a stream."""

from __future__ import annotations

from collections.abc import Callable

from conformance.core.model import JSON
from conformance.reference.changes.answers import on_json
from conformance.reference.changes.change import Change, chain
from conformance.reference.changes.documents import Edit, at, drop, put
from conformance.reference.changes.flows import edit, everywhere, having, of, on_events


def on_message(make: Callable[[str], Edit]) -> Change:
    """An edit of the message, as the body and as a stream begins with it; `make` is given the pointer to it."""
    return chain(on_json(make("")), on_events(edit(having("/message"), make("/message"))))


def on_usage(*names: str, value: JSON = None, there: bool = True) -> Change:
    """Members of the usage set, or with `there=False` taken away, wherever usage is told."""
    places = [f"{root}/usage/{name}" for root in ("", "/message") for name in names]
    return everywhere(*(put(place, value) if there else drop(place) for place in places))


def on_calls(name: str, make: Callable[[str], Edit]) -> Change:
    """An edit of a member of every call, whole or as it starts in a stream; `make` is given the pointer to it."""

    def on_call(place: str) -> Edit:
        change = make(f"/{name}")
        return at(place, lambda block: change(block) if block.get("type") == "tool_use" else block)

    return chain(on_json(on_call("/content/*")), on_events(edit(of("content_block_start"), on_call("/content_block"))))
