"""Every rule of Responses against a good exchange that was spoiled so as to break it, and good ones that break none."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from responses_examples import (
    CALL, CITATION, CODE, CUSTOM, DROP, FUNCTION, LISTED, MESSAGE, REASONING, REFUSAL, SEARCH, SECOND_CALL, TEXT,
    Edit, again, at, drop, exchange, on, put, renumber, request, response, stream,
)  # fmt: skip

from conformance import contract, data, recording, rulebook
from conformance.model import Exchange

SHARED = Path(__file__).resolve().parents[2] / "shared"
RECORDED = SHARED / "traffic" / "official-dev.jsonl.gz"

TOOLS = {"tools": [FUNCTION]}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORMAT = {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}}
OBJECT = {"format": {"type": "json_object"}}


def said(text: str) -> dict[str, Any]:
    return {**MESSAGE, "content": [{**TEXT, "text": text}]}


CITED = {**MESSAGE, "content": [{**TEXT, "annotations": [CITATION]}]}
FAILED = {"status": "failed", "error": {"code": "server_error", "message": "It broke."}, "usage": None}
CUT = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
ERROR = {
    "type": "error",
    "error": {"type": "server_error", "code": "server_error", "message": "It broke.", "param": None},
}
FLAT = {"type": "error", "code": "server_error", "message": "It broke.", "param": None}
RATES = {"type": "response.rate_limits.updated", "rate_limits": []}
ENCRYPTED = {**REASONING, "encrypted_content": "gAAAA"}

BASES: dict[str, tuple[dict[str, Any], Any]] = {
    "text": (request(), response(MESSAGE)),
    "refusal": (request(), response(REFUSAL)),
    "call": (request(**TOOLS), response(CALL, **TOOLS)),
    "calls": (request(**TOOLS), response(REASONING, CALL, SECOND_CALL, **TOOLS)),
    "custom": (request(tools=[{"type": "custom", "name": "run"}]), response(CUSTOM, tools=[{"type": "custom", "name": "run"}])),
    "reasoning": (request(include=["reasoning.encrypted_content"]), response(ENCRYPTED, MESSAGE)),
    "search": (request(tools=[{"type": "web_search"}]), response(SEARCH, CITED, tools=[{"type": "web_search"}])),
    "failed": (request(), response(**FAILED)),
    "cut": (request(max_output_tokens=16), response(MESSAGE, max_output_tokens=16, **CUT)),
    "settings": (
        request(instructions="Be brief.", temperature=0.5, metadata={"a": "b"}, store=False, truncation="auto", **TOOLS,
                previous_response_id="resp_0", parallel_tool_calls=False, tool_choice="auto", text=OBJECT),
        response(said("{}"), instructions="Be brief.", temperature=0.5, metadata={"a": "b"}, store=False, truncation="auto",
                 previous_response_id="resp_0", parallel_tool_calls=False, text=OBJECT, **TOOLS),
    ),
    "schema": (request(text=FORMAT), response(said('{"city": "Oslo"}'), text=FORMAT)),
    "forbidden": (request(tool_choice="none", **TOOLS), response(MESSAGE, tool_choice="none", **TOOLS)),
    "required": (request(tool_choice="required", **TOOLS), response(CALL, tool_choice="required", **TOOLS)),
    "named": (
        request(tool_choice={"type": "function", "name": "get_weather"}, **TOOLS),
        response(CALL, tool_choice={"type": "function", "name": "get_weather"}, **TOOLS),
    ),
    "allowed": (
        request(tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION]}, tools=[FUNCTION, {**FUNCTION, "name": "f"}]),
        response(CALL, tools=[FUNCTION, {**FUNCTION, "name": "f"}]),
    ),
    "logprobs": (
        request(include=["message.output_text.logprobs"]),
        response({**MESSAGE, "content": [{**TEXT, "logprobs": [{"token": "Good", "logprob": -0.1}]}]}),
    ),
    "background": (request(background=True), response(status="queued", usage=None, background=True)),
    "text stream": (request(), stream(MESSAGE)),
    "two parts stream": (request(), stream({**MESSAGE, "content": [TEXT, TEXT]})),
    "refusal stream": (request(), stream(REFUSAL)),
    "calls stream": (request(**TOOLS), stream(CALL, SECOND_CALL, **TOOLS)),
    "custom stream": (request(tools=[{"type": "custom", "name": "run"}]), stream(CUSTOM, tools=[{"type": "custom", "name": "run"}])),
    "reasoning stream": (request(), stream(REASONING, MESSAGE)),
    "thinking stream": (
        request(), stream({**REASONING, "summary": [], "content": [{"type": "reasoning_text", "text": "Easy, easy."}]}, MESSAGE)
    ),
    "search stream": (request(tools=[{"type": "web_search"}]), stream(SEARCH, CITED, tools=[{"type": "web_search"}])),
    "code stream": (request(), stream(CODE, MESSAGE)),
    "failed stream": (request(), stream(end="failed", **FAILED)),
    "cut stream": (request(), stream({**MESSAGE, "status": "incomplete"}, end="incomplete", **CUT)),
    "plain stream": (request(stream_options={"include_obfuscation": False}), stream(MESSAGE)),
}  # fmt: skip


class Trip(NamedTuple):
    """A rule, a good exchange, and what spoils it; `also` are the other rules that this cannot but break."""

    rule: str
    base: str
    edits: tuple[Edit, ...]
    also: frozenset[str] = frozenset()
    fresh: bool = True


def trip(rule: str, base: str, *edits: Edit, also: str = "", fresh: bool = True) -> Trip:
    return Trip(f"responses.{rule}", base, edits, frozenset(also.split()), fresh)


DELTA, DONE = "response.output_text.delta", "response.output_text.done"
ARGS, ARGS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"
ADDED, ITEM_DONE = "response.output_item.added", "response.output_item.done"
PART, PART_DONE = "response.content_part.added", "response.content_part.done"
SUM, SUM_DONE = "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"
CREATED, BEGUN, END = "response.created", "response.in_progress", "response.completed"

TRIPS = [
    trip("object.object", "text", at("/object", "chat.completion")),
    trip("object.foreign", "text", at("/choices", [])),
    trip("object.id", "text", at("/id", "")),
    trip("object.time", "text", at("/created_at", 1790000000000)),
    trip("object.time", "text", at("/created_at", DROP)),
    trip("object.model", "text", at("/model", None)),
    trip("object.status", "text", at("/status", DROP)),
    trip("object.status-known", "text", at("/status", "done")),
    trip("object.status-known", "text", at("/output/0/status", "done"), also="responses.status.items"),
    trip("object.error", "text", at("/error", DROP)),
    trip("object.error", "failed", at("/error/code", 500)),
    trip("object.incomplete-details", "text", at("/incomplete_details", DROP)),
    trip("object.incomplete-details", "cut", at("/incomplete_details", {})),
    trip("object.instructions", "text", at("/instructions", 1)),
    trip("object.metadata", "text", at("/metadata", DROP)),
    trip("object.output", "text", at("/output", None)),
    trip("object.parallel-tool-calls", "text", at("/parallel_tool_calls", None)),
    trip("object.sampling", "text", at("/temperature", "1")),
    trip("object.sampling", "text", at("/top_p", DROP)),
    trip("object.tool-choice", "text", at("/tool_choice", DROP)),
    trip("object.tools", "text", at("/tools", None)),
    trip("object.text", "text", at("/text/format", {})),
    trip("object.setting-type", "text", at("/truncation", True)),
    trip("object.settings", "text", at("/text", DROP)),
    trip("status.error", "failed", at("/error", None)),
    trip("status.error", "text", at("/error", {"code": "server_error", "message": "It broke."})),
    trip("status.incomplete", "cut", at("/incomplete_details", None)),
    trip("status.incomplete", "text", at("/incomplete_details", {"reason": "content_filter"})),
    trip("status.items", "text", at("/output/0/status", "in_progress")),
    trip("status.terminal", "text", at("/status", "in_progress")),
    trip("usage.present", "text", at("/usage", None)),
    trip("usage.present", "text", at("/usage", DROP)),
    trip("usage.present-incomplete", "cut", at("/usage", None)),
    trip("usage.shape", "text", at("/usage/total_tokens", "12")),
    trip("usage.details", "text", at("/usage/output_tokens_details", DROP)),
    trip("usage.details", "text", at("/usage/input_tokens_details/cached_tokens", None)),
    trip("usage.cache-write", "text", at("/usage/input_tokens_details/cache_write_tokens", DROP)),
    trip("usage.total", "text", at("/usage/total_tokens", 13)),
    trip("usage.cached", "text", at("/usage/input_tokens_details/cached_tokens", 10)),
    trip("usage.reasoning", "text", at("/usage/output_tokens_details/reasoning_tokens", 4)),
    trip("usage.counted", "text", at("/usage/output_tokens", 0, "/usage/total_tokens", 9)),
    trip("item.shape", "text", at("/output/0/type", DROP)),
    trip("item.type-known", "text", at("/output/0/type", "poem")),
    trip("item.id", "text", at("/output/0/id", DROP)),
    trip("message.role", "text", at("/output/0/role", "model")),
    trip("message.status", "text", at("/output/0/status", DROP)),
    trip("message.content", "text", at("/output/0/content", "Good day.")),
    trip("part.shape", "text", at("/output/0/content/0/text", None)),
    trip("part.annotations", "text", at("/output/0/content/0/annotations", DROP)),
    trip("part.logprobs", "text", at("/output/0/content/0/logprobs", DROP)),
    trip("annotation.shape", "search", at("/output/1/content/0/annotations/0/url", DROP)),
    trip("function-call.id", "call", at("/output/0/id", DROP)),
    trip("function-call.call-id", "call", at("/output/0/call_id", "")),
    trip("function-call.name", "call", at("/output/0/name", None)),
    trip("function-call.arguments", "call", at("/output/0/arguments", {"city": "Oslo"})),
    trip("function-call.arguments-json", "call", at("/output/0/arguments", '{"city":')),
    trip("function-call.arguments-json", "call", at("/output/0/arguments", "")),
    trip("function-call.status", "call", at("/output/0/status", DROP)),
    trip("custom-tool-call.shape", "custom", at("/output/0/input", None)),
    trip("reasoning.summary", "reasoning", at("/output/0/summary", None)),
    trip("reasoning.content", "reasoning", at("/output/0/content", "hm")),
    trip("hosted-call.shape", "search", at("/output/0/status", DROP)),
    trip("output.ids", "calls", at("/output/2/id", "fc_1")),
    trip("output.call-ids", "calls", at("/output/2/call_id", "call_1")),
    trip("output.not-empty", "text", at("/output", [])),
    trip("event.type", "text stream", on(DELTA, "/type", DROP), also="responses.delta.text"),
    trip("event.type-known", "text stream", put({"type": "response.poem.added"}, BEGUN)),
    trip("stream.foreign-event", "text stream", put({"type": "ping"}, BEGUN), also="responses.event.type-known"),
    trip("event.sequence-number", "text stream", on(DELTA, "/sequence_number", DROP), also="responses.stream.sequence",
         fresh=False),
    trip("stream.sequence", "text stream", on(DELTA, "/sequence_number", 0), fresh=False),
    trip("event.output-index", "text stream", on("response.output_text.done", "/output_index", DROP),
         also="responses.part.added-first responses.part.told responses.part.finished"),
    trip("event.item-id", "text stream", on(DELTA, "/item_id", "")),
    trip("event.part-index", "reasoning stream", on("response.reasoning_summary_part.added", "/summary_index", "0"),
         also="responses.summary.added-first responses.summary.order"),
    trip("event.delta", "text stream", on(DELTA, "/delta", None), also="responses.delta.text"),
    trip("event.value", "text stream", on(DONE, "/text", DROP)),
    trip("event.item", "text stream", on(ITEM_DONE, "/item", DROP)),
    trip("event.part", "text stream", on(PART_DONE, "/part", DROP)),
    trip("event.response", "text stream", on(BEGUN, "/response", DROP)),
    trip("event.annotation", "search stream", on("response.output_text.annotation.added", "/annotation", DROP)),
    trip("event.logprobs", "text stream", on(DELTA, "/logprobs", DROP)),
    trip("event.hosted", "search stream", on("response.web_search_call.completed", "/item_id", DROP)),
    trip("event.item-id-agrees", "text stream", on(DELTA, "/item_id", "resp_1")),
    trip("event.item-id-agrees-hosted", "search stream", on("response.web_search_call.completed", "/item_id", "x")),
    trip("event.output-index-row", "text stream", *(on(kind, "/output_index", 1) for kind in (ADDED, PART, DELTA, DONE, PART_DONE, ITEM_DONE)),
         on(DELTA, "/output_index", 1, nth=1), also="responses.output.position"),
    trip("event.part-index-row", "text stream", *(on(kind, "/content_index", 1) for kind in (PART, DELTA, DONE, PART_DONE)),
         on(DELTA, "/content_index", 1, nth=1), also="responses.done.item responses.item.streamed"),
    trip("error-event.shape", "failed stream", put({"type": "error", "error": "It broke."}, BEGUN)),
    trip("error-event.shape", "failed stream", put({"type": "error", "error": {**ERROR["error"], "code": 500}}, BEGUN)),
    trip("error-event.nested", "failed stream", put(FLAT, BEGUN)),
    trip("error-event.sequence-number", "failed stream", put(ERROR, BEGUN), fresh=False),
    trip("stream.created-first", "text stream", drop(CREATED)),
    trip("stream.created-once", "text stream", again(CREATED, CREATED)),
    trip("stream.error-first", "failed stream", drop(CREATED, BEGUN, "response.failed"), put(ERROR)),
    trip("stream.created-empty", "text stream", on(CREATED, "/response/output", [MESSAGE])),
    trip("stream.initial-status", "text stream", on(CREATED, "/response/status", "failed", "/response/error", FAILED["error"])),
    trip("stream.in-progress", "text stream", drop(BEGUN)),
    trip("stream.terminal", "text stream", drop(END)),
    trip("stream.terminal-status", "text stream", on(END, "/response/status", "in_progress")),
    trip("stream.nothing-after-end", "text stream", again(END, END)),
    trip("stream.nothing-after-end", "text stream", again(DELTA, END),
         also="responses.part.nothing-after-told responses.delta.text"),
    trip("stream.nothing-after-marker", "text stream", put("[DONE]", BEGUN)),
    trip("stream.same-id", "text stream", on(END, "/response/id", "resp_2")),
    trip("stream.same-model", "text stream", on(END, "/response/model", "m-2")),
    trip("stream.same-time", "text stream", on(END, "/response/created_at", 1790000002)),
    trip("item.added-first", "text stream", drop(ADDED), also="responses.output.announced"),
    trip("item.index-once", "text stream", again(ADDED, ADDED)),
    trip("item.nothing-after-done", "text stream", again(PART, ITEM_DONE, content_index=1), also="responses.part.finished"),
    trip("part.added-first", "text stream", drop(PART)),
    trip("part.added-once", "text stream", again(PART, DELTA)),
    trip("part.told", "text stream", drop(DONE)),
    trip("part.nothing-after-told", "text stream", again(DELTA, DONE), also="responses.delta.text responses.part.told"),
    trip("part.finished", "text stream", drop(PART_DONE)),
    trip("annotation.part-first", "search stream", again("response.output_text.annotation.added", PART_DONE)),
    trip("reasoning.part-first", "thinking stream", drop(PART, nth=0)),
    trip("summary.added-first", "reasoning stream", drop("response.reasoning_summary_part.added")),
    trip("summary.order", "reasoning stream", drop("response.reasoning_summary_part.done")),
    trip("function-call.nothing-after-told", "calls stream", again(ARGS, ARGS_DONE), also="responses.delta.arguments"),
    trip("delta.text", "text stream", on(DELTA, "/delta", "Bad ")),
    trip("delta.text", "text stream", drop(DELTA)),
    trip("delta.text", "refusal stream", drop("response.refusal.delta", nth=0)),
    trip("delta.arguments", "calls stream", on(ARGS, "/delta", "{}")),
    trip("delta.arguments", "custom stream", drop("response.custom_tool_call_input.delta")),
    trip("delta.reasoning", "reasoning stream", on(SUM, "/delta", "")),
    trip("delta.hosted", "code stream", on("response.code_interpreter_call_code.delta", "/delta", "")),
    trip("done.part", "text stream", on(PART_DONE, "/part/text", "")),
    trip("done.item", "text stream", on(ITEM_DONE, "/item/content", []), also="responses.output.same"),
    trip("item.streamed", "text stream", drop(PART, DELTA, DONE, PART_DONE)),
    trip("item.streamed", "calls stream", drop(ARGS, ARGS_DONE)),
    trip("item.identity", "calls stream", on(ADDED, "/item/call_id", "call_9")),
    trip("item.identity", "calls stream", on(END, "/response/output/0/id", "call_1")),
    trip("item.finished", "text stream", drop(ITEM_DONE), on(END, "/response/output", []), also="responses.output.not-empty"),
    trip("item.finished-hosted", "search stream", drop(ITEM_DONE, nth=0), on(END, "/response/output/0", DROP)),
    trip("output.complete", "text stream", on(END, "/response/output", []), also="responses.output.not-empty"),
    trip("output.position", "calls stream", on(END, "/response/output", [SECOND_CALL, CALL])),
    trip("output.same", "text stream", on(END, "/response/output/0/content/0/text", "Bye.")),
    trip("output.announced", "text stream", on(END, "/response/output", [MESSAGE, {**MESSAGE, "id": "msg_2"}])),
    trip("request.tool-declared", "call", at("/output/0/name", "get_time")),
    trip("request.tool-choice-none", "forbidden", at("/output", [CALL])),
    trip("request.tool-choice-required", "required", at("/output", [MESSAGE])),
    trip("request.tool-choice-named", "named", at("/output", [MESSAGE])),
    trip("request.tool-choice-allowed", "allowed", at("/output/0/name", "f")),
    trip("request.parallel", "settings", at("/output", [CALL, SECOND_CALL])),
    trip("request.format-json", "schema", at("/output/0/content/0/text", "```json\n{}\n```")),
    trip("request.format-json", "settings", at("/output/0/content/0/text", "[]")),
    trip("request.format-schema", "schema", at("/output/0/content/0/text", '{"town": "Oslo"}')),
    trip("request.max-output-tokens", "cut", at("/usage/output_tokens", 17, "/usage/total_tokens", 26)),
    trip("request.logprobs", "logprobs", at("/output/0/content/0/logprobs", [])),
    trip("request.encrypted-reasoning", "reasoning", at("/output/0/encrypted_content", None)),
    trip("request.obfuscation", "plain stream", on(DELTA, "/obfuscation", "xyz")),
    trip("echo.instructions", "settings", at("/instructions", None)),
    trip("echo.max-output-tokens", "cut", at("/max_output_tokens", 4096)),
    trip("echo.metadata", "settings", at("/metadata", {})),
    trip("echo.parallel-tool-calls", "settings", at("/parallel_tool_calls", True)),
    trip("echo.previous-response", "settings", at("/previous_response_id", None)),
    trip("echo.sampling", "settings", at("/temperature", 1)),
    trip("echo.store", "settings", at("/store", True)),
    trip("echo.text-format", "settings", at("/text/format/type", "text")),
    trip("echo.tool-choice", "required", at("/tool_choice", "auto")),
    trip("echo.tools", "call", at("/tools", [])),
    trip("echo.truncation", "settings", at("/truncation", "disabled")),
]  # fmt: skip


def rules_of(broken: Exchange) -> set[str]:
    return {finding.rule for finding in contract.findings(broken) if finding.rule.startswith(("responses.", "suite."))}


def spoiled(case: Trip) -> Exchange:
    sent, came = copy.deepcopy(BASES[case.base])
    for edit in case.edits:
        edit(came)
    if isinstance(came, list) and case.fresh:
        renumber(came)
    return exchange(sent, came)


@pytest.mark.parametrize("case", TRIPS, ids=lambda case: f"{case.rule}-{case.base}")
def test_a_spoiled_exchange_breaks_its_rule(case: Trip) -> None:
    assert rules_of(spoiled(case)) == {case.rule, *case.also}


@pytest.mark.parametrize("name", BASES)
def test_a_good_exchange_breaks_nothing(name: str) -> None:
    assert contract.findings(exchange(*BASES[name])) == ()


LEGAL = {
    "a keepalive that takes a number": ("text stream", [put({"type": "keepalive"}, BEGUN)]),
    "rate limits after the end, without a number": ("text stream", [put(RATES, END)]),
    "an end marker": ("text stream", [put("[DONE]", END)]),
    "queued before it begins": (
        "text stream",
        [lambda events: put({**events[0], "type": "response.queued", "response": {**events[0]["response"], "status": "queued"}},
                            CREATED)(events)],
    ),
    "numbers that start at one": ("text stream", [lambda events: [event.update(sequence_number=n) for n, event in enumerate(events, 1)]]),
    "an error, then the failed response": ("failed stream", [put(ERROR, BEGUN)]),
    "an error and nothing more": ("text stream", [drop(PART_DONE, ITEM_DONE, END), put(ERROR, DONE)]),
    "encrypted content that changes": ("reasoning stream", [on(END, "/response/output/0/encrypted_content", "gBBBB")]),
    "a service tier that is settled later": ("text stream", [on(CREATED, "/response/service_tier", "auto")]),
    "padded deltas": ("text stream", [on(DELTA, "/obfuscation", "abc")]),
    "a hidden reasoning": ("reasoning stream", [drop(SUM, SUM_DONE, "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done"), on(ITEM_DONE, "/item/summary", []), on(END, "/response/output/0/summary", [])]),
    "a hosted item that is only in the final output": ("search stream", [drop(ITEM_DONE, nth=0)]),
    "a stored answer that the account does not store": ("text", [at("/store", False)]),
    "hosted tools listed in other words": ("search", [at("/tools/0/type", "web_search_preview")]),
    "an unknown member": ("text", [at("/news", {"a": [1]}, "/output/0/news", 1, "/usage/news", None)]),
    "another model than was asked for": ("text", [at("/model", "m-1-2026-11-01")]),
    "a call that was cut short": ("cut", [at("/output", [{**CALL, "status": "incomplete", "arguments": '{"ci'}])]),
    "no choice but null": ("text", [at("/temperature", None, "/top_p", None, "/metadata", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", LEGAL)
def test_what_is_odd_but_legal_breaks_no_must(name: str) -> None:
    base, edits = LEGAL[name]
    sent, came = copy.deepcopy(BASES[base])
    keeps_numbers = "numbers" in name or "without a number" in name
    for edit in edits:
        edit(came)
    if isinstance(came, list) and not keeps_numbers:
        renumber(came)
    sent.pop("tools" if base == "cut" else "", None)
    loud = [finding for finding in contract.findings(exchange(sent, came)) if finding.level in ("must", "should")]
    assert [finding for finding in loud if not (base == "cut" and finding.rule == "responses.request.tool-declared")] == []


def test_parallel_items_of_hosted_tools_may_interleave() -> None:
    second = {**LISTED, "id": "mcpl_2"}
    events = stream(LISTED, second, MESSAGE)
    events[2:6] = [events[2], events[4], events[5], events[3]]
    assert rules_of(exchange(request(), renumber_all(events))) == set()


def renumber_all(events: list[Any]) -> list[Any]:
    renumber(events)
    return events


def test_numbers_are_not_asked_of_recordings_from_before_they_came() -> None:
    sent, came = copy.deepcopy(BASES["text stream"])
    for event in came:
        del event["sequence_number"]
    early = exchange(sent, came)
    assert "responses.event.sequence-number" in rules_of(early)
    object.__setattr__(early, "date", "2025-03-21")
    assert rules_of(early) == set()


def test_an_answer_of_another_endpoint_is_refused() -> None:
    message = {"role": "assistant", "content": "Good day."}
    chat = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    assert {"responses.object.foreign", "responses.object.object"} <= rules_of(exchange(request(), chat))
    anthropic = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": "end_turn"}
    assert {"responses.object.foreign", "responses.object.object"} <= rules_of(exchange(request(), anthropic))
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": message}]}
    broken = rules_of(exchange(request(), [chunk, "[DONE]"]))
    assert {"responses.stream.foreign-event", "responses.event.type", "responses.stream.terminal"} <= broken


def test_a_stream_without_its_first_and_last_events_says_so() -> None:
    sent, came = copy.deepcopy(BASES["text stream"])
    drop(CREATED, BEGUN, ADDED, PART, DELTA)(came)
    renumber(came)
    assert {"responses.stream.created-first", "responses.item.added-first", "responses.part.added-first"} <= rules_of(
        exchange(sent, came)
    )


def test_every_rule_has_a_trip() -> None:
    mine = {rule for rule in rulebook.rules() if rule.startswith("responses.")}
    assert mine - {case.rule for case in TRIPS} == {"responses.object.shape"}
    assert rules_of(exchange(request(), 7)) == {"responses.object.shape"}


@pytest.mark.parametrize("file", ["response", "event", "request"])
def test_the_schemas_are_valid(file: str) -> None:
    Draft202012Validator.check_schema(data.schema(f"responses/{file}.schema.json"))


def spots(document: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    return [way, *(spot for key, value in members for spot in spots(value, (*way, key)))]


def replaced(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    copied = copy.copy(document)
    copied[way[0]] = replaced(document[way[0]], way[1:], value)
    return copied


OTHERS = (None, True, -1, 1.5, "", "x", [], {}, [[{}]], {"type": []})


@pytest.mark.parametrize("name", ["calls", "search", "cut"])
def test_no_document_makes_the_judge_raise(name: str) -> None:
    sent, came = BASES[name]
    for way in spots(came):
        for value in OTHERS:
            contract.findings(exchange(sent, replaced(came, way, value)))


@pytest.mark.parametrize("name", ["calls stream", "reasoning stream", "search stream"])
def test_no_stream_makes_the_judge_raise(name: str) -> None:
    sent, came = BASES[name]
    for number, event in enumerate(came[:-1]):
        for way in spots({key: value for key, value in event.items() if key != "response"}):
            for value in (None, -1, "x", [], {"type": []}):
                contract.findings(exchange(sent, [*came[:number], replaced(event, way, value), *came[number + 1 :]]))


@pytest.mark.parametrize("member", ["tools", "tool_choice", "text", "include", "input", "stream_options", "metadata"])
def test_no_request_makes_the_judge_raise(member: str) -> None:
    for value in (*OTHERS, {"type": "function"}, {"format": {"type": "json_schema", "schema": {"type": 3, "$ref": "x"}}}):
        contract.findings(exchange(request(**{member: value}), response(said("{}"), CALL)))


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not here")
def test_recorded_official_traffic_breaks_no_must_and_no_should() -> None:
    loud = [
        (name, finding.rule)
        for name, recorded in recording.read(RECORDED)
        if recorded.family == "responses"
        for finding in contract.findings(recorded)
        if finding.rule.startswith("responses.") and finding.level in ("must", "should")
    ]
    assert loud == []
