"""Defects of Responses that were reported of real gateways, each as its report tells it; streams are apart."""

from __future__ import annotations

import json
from itertools import count

from conformance.reference.changes import Change, at, chain, drop, on_error, on_json, on_request, put, set_status, when
from conformance.reference.changes.answers import ERROR
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import refuse, reply_bytes, reply_json
from conformance.reference.changes.responses import on_response
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call

_GITHUB = "https://github.com"


TEXT_JSON = "responses/text/input-text[stream=false]"


UNKNOWN_MODEL = "responses/errors/unknown-model*"


def _report(id_: str, sentence: str, rules: tuple[str, ...], cases: str, change: Change, url: str) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, change, f"{_GITHUB}/{url}")


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
_UPSTREAM_ERROR = 'OpenAIException - {"error": {"message": "Unknown request URL", "type": "invalid_request_error"}}'
_NOT_KEPT = "Item 'rs_1' was not found. Items are not kept where `store` is false."
_PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"

_ANSWERS = (
    _report(
        "incomplete-without-details",
        "An unstreamed response that was cut short has null for the details.",
        ("responses.status.incomplete", "case.answer-stop", "case.value"),
        "responses/limits/max-output-tokens[stream=false]",
        on_json(put("/incomplete_details", None)),
        "BerriAI/litellm/pull/40833",
    ),
    _report(
        "usage-details-null",
        "The details of usage are null.",
        ("responses.usage.details",),
        TEXT_JSON,
        on_json(put("/usage/input_tokens_details", None), put("/usage/output_tokens_details", None)),
        "ogx-ai/ogx/pull/4690",
    ),
    _report(
        "members-missing",
        "Responses lack a dozen members, and usage where it should be null.",
        (
            "responses.object.tools",
            "responses.object.tool-choice",
            "responses.object.parallel-tool-calls",
            "responses.object.nullable",
            "responses.object.settings",
            "responses.usage.present",
        ),
        TEXT_JSON,
        on_json(
            *(
                drop(f"/{name}")
                for name in ("completed_at", "tools", "tool_choice", "text", "parallel_tool_calls", "metadata", "usage")
            )
        ),
        "Oaklight/llm-rosetta/issues/412",
    ),
    _report(
        "required-not-enforced",
        "tool_choice `required` is accepted, and has no effect.",
        ("responses.request.tool-choice-required", "case.tool-called"),
        "responses/tools/required*",
        chain(
            on_request(at("/tool_choice", lambda choice: "none" if choice == "required" else choice)),
            on_response(lambda place: put(f"{place}/tool_choice", "required")),
        ),
        "Blaizzy/mlx-vlm/issues/1045",
    ),
)

_REQUESTS = (
    _report(
        "fetched-as-page",
        "A kept response is fetched as a web page about maintenance.",
        ("http.error.json-in-front",),
        "responses/state/retrieved[stream=false]",
        _fetched(reply_bytes(503, _PAGE, "text/html; charset=utf-8")),
        "digitalocean/gradient-python/issues/96",
    ),
    _report(
        "previous-not-found",
        "The id of a response that was stored is not found as the previous one.",
        ("case.accepted",),
        "responses/state/previous-response*",
        when(refuse(404, "The previous response was not found.", param="previous_response_id"), history=True),
        "digitalocean/gradient-python/issues/96",
    ),
    _report(
        "kept-on-one-worker",
        "A kept response is found every other time.",
        ("case.accepted",),
        "responses/state/retrieved-every-time",
        _fetched(_every_other(refuse(404, "There is no response with this id."))),
        "sgl-project/sglang/pull/10387",
    ),
    _report(
        "untyped-input-refused",
        "Input of items without a type is refused as if there were none.",
        ("case.accepted",),
        "responses/text/typeless-messages*",
        _with_items(refuse(400, "input is required", param="input"), ""),
        "MAXeaglet/commandcode-proxy/pull/33",
    ),
    _report(
        "item-type-breaks-gateway",
        "Input items of a type that the gateway does not know make it fail.",
        ("case.status", "error.message.code-only"),
        "responses/errors/unknown-reference*",
        _with_items(reply_json(500, _ROUTER_ERROR), "item_reference"),
        "vllm-project/vllm/pull/55974",
    ),
    _report(
        "upstream-error-embedded",
        "An upstream without this endpoint refuses the request, and its error is quoted in JSON.",
        ("case.accepted", "error.message.embedded-error"),
        TEXT_JSON,
        refuse(404, _UPSTREAM_ERROR),
        "BerriAI/litellm/issues/13130",
    ),
    _report(
        "error-code-is-status",
        "The code of an error is the number of its status.",
        ("error.openai.code-number",),
        "responses/errors/context-too-long",
        on_error(put("/error/code", 400)),
        "sgl-project/sglang/pull/32808",
    ),
    _report(
        "unknown-model-breaks-gateway",
        "A model that does not exist makes the gateway fail.",
        ("case.status", "error.code.status"),
        UNKNOWN_MODEL,
        chain(on_error(put("/error/code", "500"), put("/error/type", "server_error")), set_status(500, of=ERROR)),
        "opendatahub-io/odh-dashboard/issues/4851",
    ),
    _report(
        "encrypted-reasoning-lost",
        "Reasoning that is sent back loses its encrypted content on the way, so that upstream does not find it.",
        ("case.accepted",),
        "responses/reasoning/replayed-with-a-call*",
        _with_items(refuse(400, _NOT_KEPT, param="input"), "reasoning"),
        "maximhq/bifrost/issues/5410",
    ),
    _report(
        "reasoning-refused",
        "Reasoning that is sent back is refused.",
        ("case.accepted",),
        "responses/reasoning/replayed-with-a-call*",
        _with_items(refuse(400, "Items of type reasoning are not supported.", param="input"), "reasoning"),
        "vllm-project/vllm/pull/28248",
    ),
    _report(
        "additional-tools-refused",
        "Tools that come as an input item are refused without saying where.",
        ("case.error-names-mistake",),
        "responses/tools/additional-tools*",
        _with_items(refuse(400, "Invalid value."), "additional_tools"),
        "theopenco/llmgateway/pull/3613",
    ),
)

FAULTS = (*_ANSWERS, *_REQUESTS)
