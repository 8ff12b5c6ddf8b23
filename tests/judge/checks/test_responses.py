"""Every rule of Responses is broken by a good exchange with one edit."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import NamedTuple

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.core.model import Exchange
from conformance.protocol import rulebook
from tests.support.examples.responses import (
    ADDED,
    ARGS,
    ARGS_DONE,
    BASES,
    BEGUN,
    CALL,
    CREATED,
    CUSTOM,
    DELTA,
    DONE,
    DROP,
    END,
    ERROR,
    FAILED,
    FLAT,
    ITEM_DONE,
    MESSAGE,
    PART,
    PART_DONE,
    SECOND_CALL,
    SUM,
    Edit,
    again,
    at,
    drop,
    exchange,
    on,
    put,
    renumber,
    request,
    rules_of,
)
from tests.support.paths import SHARED
from tests.support.servers import json_answer, raw, says

RECORDED = SHARED / "traffic" / "official-dev.jsonl.gz"


class Trip(NamedTuple):
    """A rule, a good exchange, and an edit that breaks the rule; `also` are the other rules that the edit breaks."""

    rule: str
    base: str
    edits: tuple[Edit, ...]
    also: frozenset[str] = frozenset()
    fresh: bool = True


def trip(rule: str, base: str, *edits: Edit, also: str = "", fresh: bool = True) -> Trip:
    return Trip(f"responses.{rule}", base, edits, frozenset(also.split()), fresh)


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
    trip("object.nullable", "text", at("/error", DROP)),
    trip("object.nullable", "text stream", on(END, "/response/instructions", DROP)),
    trip("status.error", "failed", at("/error", DROP), also="responses.object.nullable"),
    trip("status.incomplete", "cut", at("/incomplete_details", DROP), also="responses.object.nullable"),
    trip("object.error", "failed", at("/error/code", 500)),
    trip("object.nullable", "text", at("/incomplete_details", DROP)),
    trip("object.incomplete-details", "cut", at("/incomplete_details", {})),
    trip("object.instructions", "text", at("/instructions", 1)),
    trip("object.nullable", "text", at("/metadata", DROP)),
    trip("object.metadata", "text", at("/metadata", {"topic": 1})),
    trip("object.output", "text", at("/output", None)),
    trip("object.parallel-tool-calls", "text", at("/parallel_tool_calls", None)),
    trip("object.sampling", "text", at("/temperature", "1")),
    trip("object.nullable", "text", at("/top_p", DROP)),
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
    trip("status.terminal", "text", at("/status", "in_progress", "/completed_at", None)),
    trip("usage.present", "text", at("/usage", None)),
    trip("usage.present", "text", at("/usage", DROP)),
    trip("usage.present-incomplete", "cut", at("/usage", None)),
    trip("usage.present-incomplete", "text stream", on("response.in_progress", "/response/usage", DROP)),
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
    trip("function-call.arguments-json", "call", at("/output/0/arguments", '"Oslo"')),
    trip("function-call.arguments-json", "call", at("/output/0/arguments", '{"city": "Oslo"}{}')),
    trip("function-call.arguments-readable", "call", at("/output/0/arguments", '{"city":')),
    trip("function-call.arguments-readable", "call", at("/output/0/arguments", "")),
    trip("function-call.status", "call", at("/output/0/status", DROP)),
    trip("function-call.two-ids", "call", at("/output/0/id", "call_1")),
    trip("status.truncated", "limited", at("/usage/output_tokens", 16, "/usage/total_tokens", 25)),
    trip("custom-tool-call.shape", "custom", at("/output/0/input", None)),
    trip("reasoning.summary", "reasoning", at("/output/0/summary", None)),
    trip("reasoning.content", "reasoning", at("/output/0/content", "hm")),
    trip("hosted-call.shape", "search", at("/output/0/status", DROP)),
    trip("output.ids", "calls", at("/output/2/id", "fc_1")),
    trip("output.call-ids", "calls", at("/output/2/call_id", "call_1")),
    trip("item.call-id-new", "called again", at("/output/0/call_id", "call_0")),
    trip("output.not-empty", "text", at("/output", [])),
    trip("event.type", "text stream", on(DELTA, "/type", DROP), also="responses.delta.text"),
    trip("event.type-known", "text stream", put({"type": "response.poem.added"}, BEGUN)),
    trip("stream.foreign-event", "text stream", put({"type": "ping"}, BEGUN), also="responses.event.type-known"),
    trip(
        "event.sequence-number",
        "text stream",
        on(DELTA, "/sequence_number", DROP),
        also="responses.stream.sequence",
        fresh=False,
    ),
    trip("stream.sequence", "text stream", on(DELTA, "/sequence_number", 0), fresh=False),
    trip(
        "event.output-index",
        "text stream",
        on("response.output_text.done", "/output_index", DROP),
        also="responses.item.added-first responses.part.added-first responses.part.told responses.part.finished",
    ),
    trip("event.item-id", "text stream", on(DELTA, "/item_id", "")),
    trip(
        "event.part-index",
        "reasoning stream",
        on("response.reasoning_summary_part.added", "/summary_index", "0"),
        also="responses.summary.added-first responses.summary.order",
    ),
    trip("event.delta", "text stream", on(DELTA, "/delta", None), also="responses.delta.text"),
    trip("event.value", "text stream", on(DONE, "/text", DROP)),
    trip("event.item", "text stream", on(ITEM_DONE, "/item", DROP), also="responses.item.done"),
    trip("event.part", "text stream", on(PART_DONE, "/part", DROP)),
    trip("event.response", "text stream", on(BEGUN, "/response", DROP)),
    trip("event.annotation", "search stream", on("response.output_text.annotation.added", "/annotation", DROP)),
    trip("event.logprobs", "text stream", on(DELTA, "/logprobs", DROP)),
    trip("event.hosted", "search stream", on("response.web_search_call.completed", "/item_id", DROP)),
    trip("event.item-id-agrees", "text stream", on(DELTA, "/item_id", "resp_1")),
    trip("event.item-id-agrees-hosted", "search stream", on("response.web_search_call.completed", "/item_id", "x")),
    trip(
        "event.output-index-row",
        "text stream",
        *(on(kind, "/output_index", 1) for kind in (ADDED, PART, DELTA, DONE, PART_DONE, ITEM_DONE)),
        on(DELTA, "/output_index", 1, nth=1),
        also="responses.output.position",
    ),
    trip(
        "event.part-index-row",
        "text stream",
        *(on(kind, "/content_index", 1) for kind in (PART, DELTA, DONE, PART_DONE)),
        on(DELTA, "/content_index", 1, nth=1),
        also="responses.done.item responses.item.streamed",
    ),
    trip("done.status", "text stream", on(ITEM_DONE, "/item/status", "in_progress")),
    trip("error-event.shape", "failed stream", put({"type": "error", "error": "It broke."}, BEGUN)),
    trip(
        "error-event.shape",
        "failed stream",
        put({"type": "error", "error": {"message": "It broke.", "code": 500, "param": None}}, BEGUN),
    ),
    trip("error-event.nested", "failed stream", put(FLAT, BEGUN)),
    trip("error-event.sequence-number", "failed stream", put(ERROR, BEGUN), fresh=False),
    trip("stream.created-first", "text stream", drop(CREATED)),
    trip("stream.created-once", "text stream", again(CREATED, CREATED)),
    trip("stream.error-first", "failed stream", drop(CREATED, BEGUN, "response.failed"), put(ERROR)),
    trip("stream.created-empty", "text stream", on(CREATED, "/response/output", [MESSAGE])),
    trip(
        "stream.initial-status",
        "text stream",
        on(CREATED, "/response/status", "failed", "/response/error", FAILED["error"]),
    ),
    trip("stream.in-progress", "text stream", drop(BEGUN)),
    trip("stream.terminal", "text stream", drop(END)),
    trip(
        "stream.terminal-status",
        "text stream",
        on(END, "/response/status", "in_progress", "/response/completed_at", None),
    ),
    trip("stream.nothing-after-end", "text stream", again(END, END)),
    trip(
        "stream.nothing-after-end",
        "text stream",
        again(DELTA, END),
        also="responses.item.nothing-after-done responses.part.nothing-after-told responses.delta.text",
    ),
    trip("stream.nothing-after-marker", "text stream", put("[DONE]", BEGUN)),
    trip("stream.same-id", "text stream", on(END, "/response/id", "resp_2")),
    trip("stream.same-model", "text stream", on(END, "/response/model", "m-2")),
    trip("stream.same-time", "text stream", on(END, "/response/created_at", 1790000002)),
    trip("item.added-first", "text stream", drop(ADDED), also="responses.output.announced"),
    trip("item.index-once", "text stream", again(ADDED, ADDED)),
    trip(
        "item.nothing-after-done",
        "text stream",
        again(PART, ITEM_DONE, content_index=1),
        also="responses.part.finished",
    ),
    trip("part.added-first", "text stream", drop(PART)),
    trip("part.added-once", "text stream", again(PART, DELTA)),
    trip("part.told", "text stream", drop(DONE)),
    trip("part.nothing-after-told", "text stream", again(DELTA, DONE), also="responses.delta.text responses.part.told"),
    trip("part.finished", "text stream", drop(PART_DONE)),
    trip("part.finished", "thinking stream", drop(PART_DONE)),
    trip("annotation.part-first", "search stream", again("response.output_text.annotation.added", PART_DONE)),
    trip("reasoning.part-first", "thinking stream", drop(PART, nth=0)),
    trip("reasoning.part-first", "thinking stream", drop(PART, nth=0), drop(PART_DONE, nth=0)),
    trip("summary.added-first", "reasoning stream", drop("response.reasoning_summary_part.added")),
    trip("summary.order", "reasoning stream", drop("response.reasoning_summary_part.done")),
    trip("hosted.order", "search stream", again("response.web_search_call.completed", ITEM_DONE)),
    trip(
        "hosted.order",
        "search stream",
        again("response.web_search_call.completed", "response.web_search_call.completed"),
    ),
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
    trip("done.item", "custom stream", on(ITEM_DONE, "/item/input", "2"), also="responses.output.same"),
    trip("output.same", "custom stream", on(END, "/response/output/0/input", "2")),
    trip("item.streamed", "text stream", drop(PART, DELTA, DONE, PART_DONE)),
    trip("item.streamed", "calls stream", drop(ARGS, ARGS_DONE)),
    trip("item.identity", "calls stream", on(ADDED, "/item/call_id", "call_9")),
    trip("item.identity", "calls stream", on(END, "/response/output/0/id", "fc_9")),
    trip(
        "item.identity-hosted",
        "search stream",
        on(ADDED, "/item/call_id", "call_8"),
        on(ITEM_DONE, "/item/call_id", "call_9"),
    ),
    trip("item.done", "text stream", drop(ITEM_DONE)),
    trip(
        "item.finished",
        "text stream",
        drop(ITEM_DONE),
        on(END, "/response/output", []),
        also="responses.output.not-empty",
    ),
    trip("item.finished-hosted", "search stream", drop(ITEM_DONE, nth=0), on(END, "/response/output/0", DROP)),
    trip("output.complete", "text stream", on(END, "/response/output", []), also="responses.output.not-empty"),
    trip("output.position", "calls stream", on(END, "/response/output", [SECOND_CALL, CALL])),
    trip("output.same", "text stream", on(END, "/response/output/0/content/0/text", "Bye.")),
    trip("output.announced", "text stream", on(END, "/response/output", [MESSAGE, {**MESSAGE, "id": "msg_2"}])),
    trip("status.foreign", "call", at("/status", "requires_action"), also="responses.object.status-known"),
    trip("status.completed-at", "text stream", on("response.in_progress", "/response/completed_at", 1790000001)),
    trip("request.tool-declared", "call", at("/output/0/name", "get_time")),
    trip("request.namespace", "spaced", at("/output/0/namespace", DROP)),
    trip("request.namespace", "spaced", at("/output/0/namespace", DROP, "/output/0/name", "crm__get_weather")),
    trip("request.namespace", "spaced", at("/output/0/namespace", DROP, "/output/0/name", "crm.get_weather")),
    trip("request.call-type", "custom", at("/output", [{**CALL, "name": "run"}])),
    trip("request.tool-choice-none", "forbidden", at("/output", [CALL])),
    trip("request.tool-choice-required", "required", at("/output", [MESSAGE])),
    trip("request.tool-choice-named", "named", at("/output", [MESSAGE])),
    trip("request.tool-choice-named", "custom forced", at("/output", [MESSAGE])),
    trip("request.call-type", "call", at("/output/0", {**CUSTOM, "name": "get_weather"})),
    trip("request.tool-choice-allowed", "allowed", at("/output/0/name", "f")),
    trip("request.parallel", "settings", at("/output", [CALL, SECOND_CALL])),
    trip("request.format-json", "schema", at("/output/0/content/0/text", "```json\n{}\n```")),
    trip("request.format-json", "settings", at("/output/0/content/0/text", "[]")),
    trip("request.format-schema", "schema", at("/output/0/content/0/text", '{"town": "Oslo"}')),
    trip("content.markup", "settings", at("/output/0/content/0/text", '{"city": "<think>Oslo</think>"}')),
    trip("request.limit-counted", "cut", at("/usage/output_tokens", 2, "/usage/total_tokens", 11)),
    trip("request.max-output-tokens", "cut", at("/usage/output_tokens", 17, "/usage/total_tokens", 26)),
    trip("request.logprobs", "logprobs", at("/output/0/content/0/logprobs", [])),
    trip("request.encrypted-reasoning", "reasoning", at("/output/0/encrypted_content", None)),
    trip("request.obfuscation", "plain stream", on(DELTA, "/obfuscation", "xyz")),
    trip("echo.instructions", "settings", at("/instructions", None)),
    trip("echo.max-output-tokens", "cut", at("/max_output_tokens", 4096)),
    trip("echo.metadata", "settings", at("/metadata", {})),
    trip("echo.parallel-tool-calls", "settings", at("/parallel_tool_calls", True)),
    trip("echo.previous-response", "settings", at("/previous_response_id", None)),
    trip("echo.reasoning", "settings", at("/reasoning/effort", "high")),
    trip("echo.sampling", "settings", at("/temperature", 1)),
    trip("echo.store", "settings", at("/store", True)),
    trip("echo.text-format", "settings", at("/text/format/type", "text")),
    trip("echo.tool-choice", "required", at("/tool_choice", "auto")),
    trip("echo.tools", "call", at("/tools", [])),
    trip("echo.truncation", "settings", at("/truncation", "disabled")),
]


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


def test_a_resumed_stream_begins_after_the_number_that_the_request_names() -> None:
    sent, came = copy.deepcopy(BASES["search stream"])
    for after, broken in ((3, set()), (2, {"responses.stream.resumed"})):
        whole = exchange(sent, came[4:])
        url = f"https://gateway.test/v1/responses/resp_1?stream=true&starting_after={after}"
        resumed = replace(whole, request=replace(whole.request, method="GET", url=url, body=b""))
        assert rules_of(resumed) == broken


def test_every_rule_is_broken_by_a_test() -> None:
    mine = {rule for rule in rulebook.rules() if rule.startswith("responses.")}
    assert mine - {case.rule for case in TRIPS} == {"responses.object.shape", "responses.stream.resumed"}
    assert rules_of(exchange(request(), 7)) == {"responses.object.shape"}


@pytest.mark.parametrize("file", ["response", "event", "request"])
def test_the_schemas_are_valid(file: str) -> None:
    Draft202012Validator.check_schema(data_files.schema(f"responses/{file}.schema.json"))


@pytest.mark.socket
def test_a_schema_in_a_request_is_never_fetched() -> None:
    asked, came = BASES["schema"]
    with raw(says(json_answer({"type": "integer"}))) as server:
        schema = {"$ref": f"{server.origin}/schema.json"}
        sent = {**asked, "text": {"format": {**asked["text"]["format"], "schema": schema}}}
        rules_of(exchange(sent, came))
        assert server.requests == []
