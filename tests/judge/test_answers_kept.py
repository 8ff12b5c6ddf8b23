"""The answer that comes down is compared with the upstream's: what a correct gateway may change, and what not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Case, Exchange, Step
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.wire import CHAT, MESSAGES, RESPONSES, chat_answer, exchange, messages_answer

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORMAT = {"name": "place", "strict": True, "schema": CITY}
ASK_JSON = {"response_format": {"type": "json_schema", "json_schema": FORMAT}}
OWN_TOOL = {"tools": [{"name": "json_tool_call", "input_schema": CITY}]}


def broken(front: Exchange, *behind: Exchange, outcome: str = "success", **expect: Any) -> set[str]:
    """The rules of level must and should that an exchange breaks, given the gateway's requests to its upstream."""
    upstream: Any = {"family": behind[-1].family}
    step = Step({"to": front.family}, {"outcome": outcome, **expect}, upstream=upstream)  # type: ignore[typeddict-item]
    case = Case("upstream/a/b", "A title", "upstream", "a", front.family, "must", "", (), (step,), "a.yaml", 1)
    found = judge_exchanges(case, [replace(front, behind=behind)], Profile(), ASSUMED)
    return {finding.rule for finding in found.findings if finding.level in ("must", "should")}


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
