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
        "state-previous-response-ignored",
        "responses",
        "The previous response is left out silently, and the model answers without it.",
        ("case.answer-text", "responses.echo.previous-response"),
        "responses/state/remembered-or-refused*",
        on_request(drop("/previous_response_id")),
    ),
    Fault(
        "state-conversation-ignored",
        "responses",
        "The conversation is left out silently, and the model answers without it.",
        ("case.answer-text", "case.value"),
        "responses/conversations/known*",
        on_request(drop("/conversation")),
    ),
    Fault(
        "state-store-ignored",
        "responses",
        "What was not to be stored is stored.",
        ("case.refused", "responses.echo.store"),
        "responses/state/not-stored-not-found",
        on_request(put("/store", True)),
    ),
    Fault(
        "state-deleted-in-name-only",
        "responses",
        "A response is said to be deleted, and is still there.",
        ("case.refused",),
        "responses/state/deleted",
        if_(instead(_only_said), _deletes),
    ),
    Fault(
        "state-no-input-items",
        "responses",
        "The items that led to a response are not kept: their list is empty.",
        ("case.value", "case.present"),
        "responses/state/input-items",
        if_(
            reply_json(200, {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}),
            _lists_items,
        ),
    ),
    Fault(
        "state-background-ignored",
        "responses",
        "The wish for work in the background is left out silently, and the client has to wait.",
        ("case.value",),
        "responses/background/not-ignored",
        on_request(drop("/background")),
    ),
    Fault(
        "state-cancel-ignored",
        "responses",
        "Work in the background goes on when it is cancelled.",
        ("case.value",),
        "responses/background/cancelled-twice",
        on_call(_uncancelled),
    ),
)
