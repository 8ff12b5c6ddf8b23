"""Legal answers of POST /responses break no rule, and no answer makes the judge raise."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from conformance.judge import contract
from conformance.records.jsonl import read_jsonl
from tests.support.examples.responses import (
    ADDED,
    BASES,
    BEGUN,
    CALL,
    CREATED,
    DELTA,
    DONE,
    END,
    ERROR,
    FUNCTION,
    ITEM_DONE,
    LISTED,
    MESSAGE,
    PART,
    PART_DONE,
    RATES,
    SUM,
    SUM_DONE,
    Edit,
    at,
    drop,
    exchange,
    on,
    put,
    renumber,
    request,
    response,
    rules_of,
    said,
    stream,
)
from tests.support.paths import SHARED

CLOCK = {**FUNCTION, "name": "get_time"}
FOUND = {
    "type": "tool_search_output", "id": "tso_1", "call_id": None, "execution": "server", "status": "completed",
    "tools": [CLOCK],
}  # fmt: skip
RECORDED = SHARED / "traffic" / "official-dev.jsonl.gz"


@pytest.mark.parametrize("name", BASES)
def test_a_good_exchange_breaks_nothing(name: str) -> None:
    assert contract.findings(exchange(*BASES[name])) == ()


def _from_one(events: Any) -> None:
    for number, event in enumerate(events, 1):
        event["sequence_number"] = number


LEGAL: dict[str, tuple[str, list[Edit]]] = {
    "a keepalive in the row": ("text stream", [put({"type": "keepalive"}, BEGUN)]),
    "rate limits after the end, without a number": ("text stream", [put(RATES, END)]),
    "an end marker": ("text stream", [put("[DONE]", END)]),
    "queued before it begins": (
        "text stream",
        [
            lambda events: put(
                {**events[0], "type": "response.queued", "response": {**events[0]["response"], "status": "queued"}},
                CREATED,
            )(events)
        ],
    ),
    "numbers that start at one": ("text stream", [_from_one]),
    "an error, then the failed response": ("failed stream", [put(ERROR, BEGUN)]),
    "an error and nothing more": ("text stream", [drop(PART_DONE, ITEM_DONE, END), put(ERROR, DONE)]),
    "encrypted content that changes": ("reasoning stream", [on(END, "/response/output/0/encrypted_content", "gBBBB")]),
    "a service tier that is settled later": ("text stream", [on(CREATED, "/response/service_tier", "auto")]),
    "padded deltas": ("text stream", [on(DELTA, "/obfuscation", "abc")]),
    "a hidden reasoning": (
        "reasoning stream",
        [
            drop(SUM, SUM_DONE, "response.reasoning_summary_part.added", "response.reasoning_summary_part.done"),
            on(ITEM_DONE, "/item/summary", []),
            on(END, "/response/output/0/summary", []),
        ],
    ),
    "a hosted item that is only in the final output": ("search stream", [drop(ITEM_DONE, nth=0)]),
    "a stored answer that the account does not store": ("text", [at("/store", False)]),
    "hosted tools listed in other words": ("search", [at("/tools/0/type", "web_search_preview")]),
    "an unknown member": ("text", [at("/news", {"a": [1]}, "/output/0/news", 1, "/usage/news", None)]),
    "another model than was asked for": ("text", [at("/model", "m-1-2026-11-01")]),
    "tools that a search loaded": ("call", [at("/output", [FOUND, CALL], "/tools", [FUNCTION, CLOCK])]),
    "no choice but null": ("text", [at("/temperature", None, "/top_p", None, "/metadata", None)]),
}


@pytest.mark.parametrize("name", LEGAL)
def test_unusual_but_legal_answers_break_no_must(name: str) -> None:
    base, edits = LEGAL[name]
    sent, came = copy.deepcopy(BASES[base])
    for edit in edits:
        edit(came)
    if isinstance(came, list) and "number" not in name:
        renumber(came)
    loud = [finding.rule for finding in contract.findings(exchange(sent, came)) if finding.level in ("must", "should")]
    assert loud == []


PRO = request(reasoning={"effort": "high", "mode": "pro"}, max_output_tokens=16)
CONTINUED = request(previous_response_id="resp_0", tools=[FUNCTION])
BEYOND = {**response()["usage"], "output_tokens": 82, "total_tokens": 91}


@pytest.mark.parametrize(
    ("sent", "came", "rules"),
    [
        (PRO, {"usage": BEYOND}, set()),
        ({**PRO, "reasoning": {"mode": "standard"}}, {"usage": BEYOND}, {"responses.request.max-output-tokens"}),
        (request(prompt_cache_options={"prewarm": True}), {"output": []}, set()),
        (request(prompt_cache_options={"prewarm": False}), {"output": []}, {"responses.output.not-empty"}),
        (CONTINUED, {"tools": [FUNCTION, CLOCK]}, set()),
        (CONTINUED, {"tools": [CLOCK]}, {"responses.echo.tools"}),
        (request(tools=[FUNCTION]), {"tools": [FUNCTION, CLOCK]}, {"responses.echo.tools"}),
    ],
    ids=["pro", "standard", "prewarm", "no prewarm", "more tools", "a lost tool", "an added tool"],
)
def test_an_excuse_holds_only_for_its_reason(sent: dict[str, Any], came: dict[str, Any], rules: set[str]) -> None:
    echoed = {key: sent[key] for key in ("max_output_tokens", "previous_response_id", "reasoning") if key in sent}
    assert rules_of(exchange(sent, {**response(MESSAGE), **echoed, **came})) == rules


@pytest.mark.parametrize(
    "asked",
    [
        {"max_output_tokens": 1},
        {"tool_choice": "required"},
        {"tool_choice": {"type": "function", "name": "get_time"}},
    ],
    ids=str,
)
def test_what_no_answer_can_keep_is_not_asked_of_it(asked: dict[str, Any]) -> None:
    assert contract.findings(exchange(request(**asked), response(MESSAGE, **asked))) == ()


def test_parallel_items_of_hosted_tools_may_interleave() -> None:
    second = {**LISTED, "id": "mcpl_2"}
    events = stream(LISTED, second, MESSAGE)
    events[2:6] = [events[2], events[4], events[5], events[3]]
    renumber(events)
    assert rules_of(exchange(request(), events)) == set()


def test_sequence_numbers_are_not_required_in_older_recordings() -> None:
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


def spots(document: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [way, *(spot for key, value in members for spot in spots(value, (*way, key)))]


def replaced(document: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    copied = copy.copy(document)
    copied[way[0]] = replaced(document[way[0]], way[1:], value)
    return copied


OTHERS: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], {}, [[{}]], {"type": []})


@pytest.mark.fuzz
@pytest.mark.parametrize("name", ["calls", "search", "cut"])
def test_no_document_makes_the_judge_raise(name: str) -> None:
    sent, came = BASES[name]
    for way in spots(came):
        for value in OTHERS:
            contract.findings(exchange(sent, replaced(came, way, value)))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", ["calls stream", "reasoning stream", "search stream", "failed stream"])
def test_no_stream_makes_the_judge_raise(name: str) -> None:
    sent, came = BASES[name]
    ways = {way for event in came for way in spots({**event, "response": {"output": [], "status": "", "id": ""}})}
    for way in sorted(ways, key=str):
        for value in OTHERS:
            contract.findings(exchange(sent, [_spoiled(event, way, value) for event in came]))


def _spoiled(event: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The event with another value at a place, if it has that place."""
    try:
        return replaced(event, way, value)
    except (KeyError, IndexError, TypeError):
        return event


@pytest.mark.fuzz
@pytest.mark.parametrize("member", ["tools", "tool_choice", "text", "include", "input", "stream_options", "metadata"])
def test_no_request_makes_the_judge_raise(member: str) -> None:
    for value in (
        *OTHERS,
        {"type": "function"},
        {"format": {"type": "json_schema", "schema": {"type": 3, "$ref": "x"}}},
    ):
        contract.findings(exchange(request(**{member: value}), response(said("{}"), CALL)))


@pytest.mark.skipif(not RECORDED.exists(), reason="the recordings are not here")
def test_recorded_official_traffic_breaks_no_must_and_no_should() -> None:
    loud = [
        (name, finding.rule)
        for name, recorded in read_jsonl(RECORDED)
        if recorded.family == "responses"
        for finding in contract.findings(recorded)
        if finding.rule.startswith("responses.") and finding.level in ("must", "should")
    ]
    assert loud == []


def test_a_fetched_response_may_still_be_in_progress() -> None:
    sent, came = copy.deepcopy(BASES["text"])
    at("/status", "in_progress", "/output", [], "/usage", None, "/completed_at", None)(came)
    created = exchange(sent, came)
    fetched = replace(created, request=replace(created.request, method="GET", body=b""))
    assert {finding.rule for finding in contract.findings(created)} == {"responses.status.terminal"}
    assert contract.findings(fetched) == ()


SPACE: dict[str, Any] = {
    "type": "namespace",
    "name": "web",
    "description": "The web",
    "tools": [{**FUNCTION, "name": "get"}],
}
SEARCH_TOOL = {"type": "tool_search", "execution": "client", "description": "More", "parameters": {"type": "object"}}


@pytest.mark.parametrize("name", ["get_web_page", "web_getter", "get"])
def test_a_call_of_a_tool_outside_of_the_namespace_breaks_nothing(name: str) -> None:
    """Its name may have the words of a namespace and of its tool, and a plain tool may have the name of one in it."""
    tools = [SPACE, SEARCH_TOOL, {**FUNCTION, "name": "get"}]
    assert rules_of(exchange(request(tools=tools), response({**CALL, "name": name}, tools=tools))) == set()
