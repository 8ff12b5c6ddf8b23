"""Faults of stored responses: lost, stored against the request, or only claimed to be stored.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import instead, on_call
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import reply_json
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.app import named
from conformance.reference.gateway.errors import json_answer


def _uncancelled(call: Call) -> Call:
    """A wish to cancel as a look at the response."""
    if not call.path.endswith("/cancel"):
        return call
    path = call.path.removesuffix("/cancel")
    return replace(call, method="GET", path=path, target=path.encode(), body=b"")


def _only_said(call: Call) -> Answer:
    id_ = call.path.removeprefix("/v1/responses/")
    return named(json_answer(200, {"id": id_, "object": "response", "deleted": True}), call, "openai")


def _deletes(call: Call) -> bool:
    return call.method == "DELETE"


def _lists_items(call: Call) -> bool:
    return call.path.endswith("/input_items")


FAULTS = (
    Fault(
        id="state-deleted-in-name-only",
        family="responses",
        sentence="A response is reported as deleted but is still there.",
        rules=("case.refused",),
        cases="responses/state/deleted",
        apply=if_(instead(_only_said), _deletes),
    ),
    Fault(
        id="state-no-input-items",
        family="responses",
        sentence="The list of input items is empty.",
        rules=("case.value", "case.present"),
        cases="responses/state/input-items",
        apply=if_(
            reply_json(200, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}),
            _lists_items,
        ),
    ),
    Fault(
        id="state-cancel-ignored",
        family="responses",
        sentence="Cancelling a background response has no effect.",
        rules=("case.value",),
        cases="responses/background/cancelled-twice",
        apply=on_call(_uncancelled),
    ),
)
