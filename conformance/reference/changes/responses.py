"""Changes of Responses, whose objects are in answers, in events, and again in the last event."""

from __future__ import annotations

from collections.abc import Callable

from conformance.core.model import JSON
from conformance.reference.changes.answers import on_json
from conformance.reference.changes.change import Change, chain
from conformance.reference.changes.documents import Edit, at
from conformance.reference.changes.flows import Flow, edit, everywhere, having, on_events, renumbered


def is_response(document: JSON) -> bool:
    """Whether a document is a response, and not a list of its input items."""
    return isinstance(document, dict) and document.get("object") == "response"


def on_response(make: Callable[[str], Edit]) -> Change:
    """An edit of the response, in an answer and in events; `make` gets the pointer to it."""
    plain = make("")
    return chain(
        on_json(lambda document: plain(document) if is_response(document) else document),
        on_events(edit(having("/response"), make("/response"))),
    )


def of_type(kind: str, pointer: str, edit: Edit) -> Edit:
    """An edit of the value at the pointer if it has this type."""

    def one(value: JSON) -> JSON:
        return edit(value) if isinstance(value, dict) and value.get("type") == kind else value

    return at(pointer, one)


def on_items(make: Callable[[str], Edit]) -> Change:
    """An edit of every output item, in answers and events."""
    return everywhere(make("/output/*"), make("/item"), make("/response/output/*"))


def on_parts(make: Callable[[str], Edit]) -> Change:
    """An edit of every part of a message, in answers and events."""
    return everywhere(
        make("/part"), *(make(f"{place}/content/*") for place in ("/output/*", "/item", "/response/output/*"))
    )


def counted(*flows: Flow) -> Change:
    """Flows that add or remove events, and then new sequence numbers."""
    return on_events(*flows, renumbered())
