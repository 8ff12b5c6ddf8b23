"""Faults of the order of a Responses stream: events that are lost, repeated or moved.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import put
from conformance.reference.changes.flows import Frames, edit, lose
from conformance.reference.changes.responses import counted
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses.places import DONE, END


def _without_item(passing: Frames) -> Frames:
    """Items are never done, and are not in the final output either."""
    return edit(END, put("/response/output", []))(lose(DONE)(passing))


FAULTS = (
    Fault(
        id="responses-item-forgotten",
        family="responses",
        sentence="A call is never done, and is not in the final object either.",
        rules=(
            "responses.item.finished",
            "case.tool-called",
            "responses.output.not-empty",
            "responses.request.tool-choice-named",
        ),
        cases="responses/tools/forced[stream=true]",
        apply=counted(_without_item),
    ),
)
