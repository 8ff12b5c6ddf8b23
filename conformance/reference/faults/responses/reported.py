"""Reported defects of real gateways: Responses that are not streamed.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from itertools import count

from conformance.reference.changes import Change, at, chain, on_request, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import refuse, reply_bytes, reply_json
from conformance.reference.changes.responses import on_response
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call


def _with_items(change: Change, *kinds: str) -> Change:
    """The change, for calls whose input holds an item of one of these types ("" is none)."""

    def test(call: Call) -> bool:
        try:
            items = json.loads(call.body)["input"]
        except (ValueError, KeyError, TypeError):
            return False
        return isinstance(items, list) and any(
            isinstance(item, dict) and item.get("type", "") in kinds for item in items
        )

    return if_(change, test)


def _every_other(change: Change) -> Change:
    """The change, for every other call."""
    calls = count()
    return if_(change, lambda _call: next(calls) % 2 == 0)


def _fetched(change: Change) -> Change:
    """The change, for calls that fetch a response."""
    return if_(change, lambda call: call.method == "GET")


_ROUTER_ERROR = {"error": {"message": "'role'", "type": "internal_error", "param": None, "code": None}}
_NOT_KEPT = "Item 'rs_1' was not found. Items are not kept where `store` is false."
_PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"


FAULTS = (
    Fault(
        id="responses-required-not-enforced",
        family="responses",
        sentence="tool_choice `required` is accepted, and has no effect.",
        rules=("responses.request.tool-choice-required", "case.tool-called"),
        cases="responses/tools/required*",
        apply=chain(
            on_request(at("/tool_choice", lambda choice: "none" if choice == "required" else choice)),
            on_response(lambda place: put(f"{place}/tool_choice", "required")),
        ),
        url="https://github.com/Blaizzy/mlx-vlm/issues/1045",
    ),
    Fault(
        id="responses-fetched-as-page",
        family="responses",
        sentence="A stored response is answered with a maintenance page.",
        rules=("http.error.json-in-front",),
        cases="responses/state/retrieved[stream=false]",
        apply=_fetched(reply_bytes(503, _PAGE, "text/html; charset=utf-8")),
        url="https://github.com/digitalocean/gradient-python/issues/96",
    ),
    Fault(
        id="responses-kept-on-one-worker",
        family="responses",
        sentence="A stored response is only found every second time.",
        rules=("case.accepted",),
        cases="responses/state/retrieved-every-time",
        apply=_fetched(_every_other(refuse(404, "There is no response with this id."))),
        url="https://github.com/sgl-project/sglang/pull/10387",
    ),
    Fault(
        id="responses-untyped-input-refused",
        family="responses",
        sentence="Input items without a type are refused as a missing input.",
        rules=("case.accepted",),
        cases="responses/text/typeless-messages*",
        apply=_with_items(refuse(400, "input is required", param="input"), ""),
        url="https://github.com/MAXeaglet/commandcode-proxy/pull/33",
    ),
    Fault(
        id="responses-item-type-breaks-gateway",
        family="responses",
        sentence="Input items of an unknown type make the gateway fail.",
        rules=("case.status", "error.message.code-only"),
        cases="responses/errors/unknown-reference*",
        apply=_with_items(reply_json(500, _ROUTER_ERROR), "item_reference"),
        url="https://github.com/vllm-project/vllm/pull/55974",
    ),
    Fault(
        id="responses-encrypted-reasoning-lost",
        family="responses",
        sentence="Replayed reasoning loses its encrypted content, so the upstream does not find it.",
        rules=("case.accepted",),
        cases="responses/reasoning/replayed-with-a-call*",
        apply=_with_items(refuse(400, _NOT_KEPT, param="input"), "reasoning"),
        url="https://github.com/maximhq/bifrost/issues/5410",
    ),
    Fault(
        id="responses-reasoning-refused",
        family="responses",
        sentence="Replayed reasoning is refused.",
        rules=("case.accepted",),
        cases="responses/reasoning/replayed-with-a-call*",
        apply=_with_items(refuse(400, "Items of type reasoning are not supported.", param="input"), "reasoning"),
        url="https://github.com/vllm-project/vllm/pull/28248",
    ),
    Fault(
        id="responses-additional-tools-refused",
        family="responses",
        sentence="Tools that are sent as an input item are refused without saying where.",
        rules=("case.error-names-mistake",),
        cases="responses/tools/additional-tools*",
        apply=_with_items(refuse(400, "Invalid value."), "additional_tools"),
        url="https://github.com/theopenco/llmgateway/pull/3613",
    ),
)
