"""The answer that comes down is compared with the upstream's: what a correct gateway may change, and what not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Case, Chunk, Exchange, Step, Verdict
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    chat_answer,
    chat_events,
    chat_stream,
    exchange,
    messages_answer,
    messages_stream,
    unnamed,
)

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORMAT = {"name": "place", "strict": True, "schema": CITY}
ASK_JSON = {"response_format": {"type": "json_schema", "json_schema": FORMAT}}
OWN_TOOL = {"tools": [{"name": "json_tool_call", "input_schema": CITY}]}


def judged(front: Exchange, *behind: Exchange) -> Verdict:
    """The verdict about an exchange, given the gateway's requests to its upstream."""
    upstream: Any = {"family": behind[-1].family}
    step = Step({"to": front.family}, {"outcome": "success"}, upstream=upstream)
    case = Case("upstream/a/b", "A title", "upstream", "a", front.family, "must", "", (), (step,), "a.yaml", 1)
    return judge_exchanges(case, [replace(front, behind=behind)], Profile(), ASSUMED)


def broken(front: Exchange, *behind: Exchange) -> set[str]:
    """The rules of level must and should that an exchange breaks."""
    return {finding.rule for finding in judged(front, *behind).findings if finding.level in ("must", "should")}


def messages_call(name: str, arguments: object, id_: str = "toolu_1") -> dict[str, Any]:
    call = {"type": "tool_use", "id": id_, "name": name, "input": arguments}
    return {**messages_answer(), "content": [call], "stop_reason": "tool_use"}


def custom_call(text: str) -> dict[str, Any]:
    """The output of a response with a call of a custom tool; only the members that these tests need."""
    call = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "call_1", "name": "paint", "input": text}
    return {"id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": [call]}


@pytest.mark.parametrize("text", ['{"city": "Oslo"}', '{"city":"Oslo"}'])
def test_the_arguments_of_a_tool_of_the_gateway_are_a_structured_answer(text: str) -> None:
    up = exchange(MESSAGES, messages_call("json_tool_call", {"city": "Oslo"}), ask=OWN_TOOL)
    down = exchange(CHAT, chat_answer(text), ask=ASK_JSON)
    assert "upstream.answer.text" not in broken(down, up)


@pytest.mark.parametrize("text", ['{"city": "Rome"}', "", "Oslo."])
def test_another_text_than_the_arguments_of_the_gateways_tool_is_reported(text: str) -> None:
    up = exchange(MESSAGES, messages_call("json_tool_call", {"city": "Oslo"}), ask=OWN_TOOL)
    assert "upstream.answer.text" in broken(exchange(CHAT, chat_answer(text), ask=ASK_JSON), up)


def test_arguments_of_the_clients_own_tool_are_not_its_text() -> None:
    client = {"tools": [{"type": "function", "function": {"name": "json_tool_call", "parameters": CITY}}]}
    up = exchange(MESSAGES, messages_call("json_tool_call", {"city": "Oslo"}), ask=OWN_TOOL)
    found = broken(exchange(CHAT, chat_answer('{"city": "Oslo"}'), ask=client), up)
    assert {"upstream.answer.text", "upstream.answer.tool-calls"} <= found


PAINT = {"tools": [{"type": "custom", "name": "paint"}]}
PAINT_UP = {
    "tools": [{"name": "paint", "input_schema": {"type": "object", "properties": {"content": {"type": "string"}}}}]
}


@pytest.mark.parametrize(("text", "is_kept"), [("red", True), ("blue", False), ('{"content": "red"}', True)])
def test_the_only_argument_of_a_function_is_the_text_of_a_custom_tool(text: str, is_kept: bool) -> None:
    up = exchange(MESSAGES, messages_call("paint", {"content": "red"}), ask=PAINT_UP)
    found = broken(exchange(RESPONSES, custom_call(text), ask=PAINT), up)
    assert ("upstream.answer.tool-arguments" not in found) is is_kept


def test_two_arguments_are_not_one_text() -> None:
    up = exchange(MESSAGES, messages_call("paint", {"content": "red", "more": "red"}), ask=PAINT_UP)
    assert "upstream.answer.tool-arguments" in broken(exchange(RESPONSES, custom_call("red"), ask=PAINT), up)


JSON_OBJECT = {"response_format": {"type": "json_object"}}


@pytest.mark.parametrize(("got", "is_reported"), [("Oslo.", False), ("Rome.", True)])
def test_a_text_that_does_not_fit_is_the_upstreams_if_it_is_passed_on(got: str, is_reported: bool) -> None:
    """Also in a native lane, where the gateway sent the format up."""
    for up in (exchange(MESSAGES, messages_answer("Oslo.")), exchange(CHAT, chat_answer("Oslo."), ask=JSON_OBJECT)):
        found = broken(exchange(CHAT, chat_answer(got), ask=JSON_OBJECT), up)
        assert ("chat.fit.json-object" in found) is is_reported
        assert ("upstream.answer.text" in found) is is_reported


FORCED = {**OWN_TOOL, "tool_choice": {"type": "tool", "name": "json_tool_call"}}


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_forced_tool_that_the_upstream_does_not_call_is_not_the_gateways_fault(is_lost: bool) -> None:
    called, silent = messages_call("json_tool_call", {"city": "Oslo"}), messages_answer("No.")
    up = exchange(MESSAGES, called if is_lost else silent, ask=FORCED)
    found = broken(exchange(MESSAGES, silent, ask=FORCED), up)
    assert ("messages.tool-choice.tool" in found) is is_lost


def test_choices_that_the_upstream_has_not_written_are_not_missing() -> None:
    found = broken(exchange(CHAT, chat_answer("Hi."), ask={"n": 2}), exchange(MESSAGES, messages_answer("Hi.")))
    assert "chat.fit.count" not in found


def test_choices_that_the_gateway_loses_are_missing() -> None:
    two = chat_answer("Hi.")
    two["choices"] = [*two["choices"], {**two["choices"][0], "index": 1}]
    found = broken(exchange(CHAT, chat_answer("Hi."), ask={"n": 2}), exchange(CHAT, two, ask={"n": 2}))
    assert "chat.fit.count" in found


@pytest.mark.parametrize("has_them", [False, True])
def test_log_probabilities_are_missing_if_the_upstream_has_them(has_them: bool) -> None:
    up = chat_answer("Hi.")
    up["choices"][0]["logprobs"] = {"content": [{"token": "Hi.", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}
    ask = {"logprobs": True}
    written = exchange(CHAT, up if has_them else chat_answer("Hi."), ask=ask)
    assert ("chat.logprobs.asked" in broken(exchange(CHAT, chat_answer("Hi."), ask=ask), written)) is has_them


@pytest.mark.parametrize(("last", "outcome"), [(59.0, "unverified"), (20.0, "failed")])
def test_a_stream_that_still_arrives_at_the_limit_of_time_has_no_verdict(last: float, outcome: str) -> None:
    """Comments that keep the connection open do not count."""
    half = unnamed(chat_events("Peli", "can")[:-1]).encode()
    slow = exchange(
        CHAT, half, stream=True, chunks=(Chunk(last, half), Chunk(59.0, b": ping\n\n")), ended="timeout", seconds=60.0
    )
    whole = exchange(CHAT, chat_stream("Peli", "can"), stream=True)
    assert judged(slow, whole).outcome == outcome


@pytest.mark.parametrize("family", [CHAT, MESSAGES])
def test_the_usage_at_the_start_of_a_stream_is_only_known_from_the_same_api(family: str) -> None:
    late = messages_stream("Hi.").replace('"input_tokens": 3', '"input_tokens": 0', 1)
    assert late != messages_stream("Hi.")
    up = {CHAT: chat_stream("Hi."), MESSAGES: messages_stream("Hi.")}[family]
    found = broken(exchange(MESSAGES, late, stream=True), exchange(family, up, stream=True))
    assert ("messages.stream.start-usage" in found) is (family == MESSAGES)
