"""Faults of what a gateway keeps of responses: forgotten, kept against the client's will, or only said to be kept."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import drop, instead, on_call, on_request, put
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
        id="state-previous-response-ignored",
        family="responses",
        sentence="The previous response is left out silently, and the model answers without it.",
        rules=("case.answer-text", "responses.echo.previous-response"),
        cases="responses/state/remembered-or-refused*",
        apply=on_request(drop("/previous_response_id")),
    ),
    Fault(
        id="state-conversation-ignored",
        family="responses",
        sentence="The conversation is left out silently, and the model answers without it.",
        rules=("case.answer-text", "case.value"),
        cases="responses/conversations/known*",
        apply=on_request(drop("/conversation")),
    ),
    Fault(
        id="state-store-ignored",
        family="responses",
        sentence="What was not to be stored is stored.",
        rules=("case.refused", "responses.echo.store"),
        cases="responses/state/not-stored-not-found",
        apply=on_request(put("/store", True)),
    ),
    Fault(
        id="state-deleted-in-name-only",
        family="responses",
        sentence="A response is said to be deleted, and is still there.",
        rules=("case.refused",),
        cases="responses/state/deleted",
        apply=if_(instead(_only_said), _deletes),
    ),
    Fault(
        id="state-no-input-items",
        family="responses",
        sentence="The items that led to a response are not kept: their list is empty.",
        rules=("case.value", "case.present"),
        cases="responses/state/input-items",
        apply=if_(
            reply_json(200, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}),
            _lists_items,
        ),
    ),
    Fault(
        id="state-background-ignored",
        family="responses",
        sentence="The wish for work in the background is left out silently, and the client has to wait.",
        rules=("case.value",),
        cases="responses/background/not-ignored",
        apply=on_request(drop("/background")),
    ),
    Fault(
        id="state-cancel-ignored",
        family="responses",
        sentence="Work in the background goes on when it is cancelled.",
        rules=("case.value",),
        cases="responses/background/cancelled-twice",
        apply=on_call(_uncancelled),
    ),
)
