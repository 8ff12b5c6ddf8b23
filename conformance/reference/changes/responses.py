"""Changes of responses, their items and their parts, in JSON answers and in all events of a stream."""

from __future__ import annotations

from collections.abc import Callable

from conformance.core.model import JSON
from conformance.reference.changes.answers import on_json
from conformance.reference.changes.change import Change, chain
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import Flow, edit, everywhere, having, on_events, renumbered


def is_response(document: JSON) -> bool:
    """Whether a document is a response; a list of input items, for example, is not."""
    return isinstance(document, dict) and document.get("object") == "response"


def on_response(make: Callable[[str], Edit]) -> Change:
    """Edits the response in the body and in events; `make` gets the pointer to it."""
    plain = make("")
    return chain(
        on_json(lambda document: plain(document) if is_response(document) else document),
        on_events(edit(having("/response"), make("/response"))),
    )


def on_items(make: Callable[[str], Edit]) -> Change:
    """Edits every output item, wherever it occurs."""
    return everywhere(make("/output/*"), make("/item"), make("/response/output/*"))


def on_parts(make: Callable[[str], Edit]) -> Change:
    """Edits every part of a message, wherever it occurs."""
    return everywhere(
        make("/part"), *(make(f"{place}/content/*") for place in ("/output/*", "/item", "/response/output/*"))
    )


def counted(*flows: Flow) -> Change:
    """Applies flows that add or drop events, and renumbers the events."""
    return on_events(*flows, renumbered())


def all_of(*edits: Edit) -> Edit:
    """Combines edits into one."""

    def edit_all(document: JSON) -> JSON:
        for one in edits:
            document = one(document)
        return document

    return edit_all
