"""Changes of Messages, whose message comes whole, or as the start of a stream."""

from __future__ import annotations

from collections.abc import Callable

from conformance.model import JSON
from conformance.reference.changes.answers import on_json
from conformance.reference.changes.change import Change, chain
from conformance.reference.changes.documents import Edit, drop, put
from conformance.reference.changes.flows import edit, everywhere, having, on_events


def on_message(make: Callable[[str], Edit]) -> Change:
    """An edit of the message, as the body and as a stream begins with it; `make` is given the pointer to it."""
    return chain(on_json(make("")), on_events(edit(having("/message"), make("/message"))))


def on_usage(*names: str, value: JSON = None, there: bool = True) -> Change:
    """Members of the usage set, or with `there=False` taken away, wherever usage is told."""
    places = [f"{root}/usage/{name}" for root in ("", "/message") for name in names]
    return everywhere(*(put(place, value) if there else drop(place) for place in places))
