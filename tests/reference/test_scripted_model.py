"""Texts and tool calls of the scripted model, in every family."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from conformance.reference.provider import files
from conformance.reference.provider.instance import instance
from conformance.reference.provider.prompt import Call, Prompt, Tool, Turn
from conformance.reference.provider.question import before_call, counted, exact, places, recalled
from conformance.reference.provider.scripted_model import composed
from conformance.reference.provider.tokens import count, split
from conformance.reference.provider.tooling import wanted
from tests.support.provider_client import (
    CAP,
    CHAT,
    FORCED,
    MESSAGES,
    MODEL,
    REQUIRED,
    RESPONSES,
    TOOLS,
    WEATHER_SCHEMA,
    ask,
    body,
    calls,
    end,
    error,
    families,
    post,
    provider,
    said,
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with provider() as client:
        yield client


@pytest.mark.socket
@families
@pytest.mark.parametrize("text", ["pong", "Grüße, 世界 👩‍👩‍👧 \u2028 naïve", '{"a": 1}', "a: b: c", "x" * 500])
def test_says_exactly_what_it_is_told(client: httpx.Client, path: str, text: str) -> None:
    prompt = f"Reply with exactly: first\nNo. Reply with exactly: {text}"
    answer = ask(client, path, prompt)
    assert said(path, answer) == text
    assert end(path, answer) == {CHAT: "stop", RESPONSES: "completed", MESSAGES: "end_turn"}[path]


@pytest.mark.socket
@families
def test_obeys_the_system_prompt_unless_the_user_says_otherwise(client: httpx.Client, path: str) -> None:
    rule = "Always reply with exactly: SYS"
    if path == CHAT:
        turns = [{"role": "developer", "content": rule}, {"role": "user", "content": "Hello"}]
        answer = post(client, path, {"model": MODEL, "messages": turns}).json()
    else:
        answer = ask(client, path, "Hello", **{"instructions" if path == RESPONSES else "system": rule})
    assert said(path, answer) == "SYS"


@pytest.mark.socket
@families
def test_recalls_what_was_said_before(client: httpx.Client, path: str) -> None:
    turns = [
        {"role": "user", "content": "The secret word is plum-42."},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": "What is the secret word?"},
    ]
    payload = body(path)
    payload["input" if path == RESPONSES else "messages"] = turns
    assert said(path, post(client, path, payload).json()) == "plum-42"


@pytest.mark.parametrize(
    ("told", "question", "answer"),
    [
        ("My name is Ada Lovelace, and I like maths.", "What is my name?", "Ada Lovelace"),
        ("the code word is tango.", "Tell me the code word", "tango"),
        ("Remember the word zebra.", "Repeat the word I told you.", "zebra"),
        ("The secret word is plum.", "Thank you.", None),
        ("Nothing here.", "What is my name?", None),
    ],
)
def test_recall(told: str, question: str, answer: str | None) -> None:
    assert recalled([told], question) == answer


def test_reads_instructions_places_and_counts() -> None:
    assert exact("Please answer with exactly this text: a b ") == "a b "
    assert exact("Say hello.") is None
    assert counted("Count from 2 to 5.") == "2, 3, 4, 5"
    assert counted("Count from 1 to 3, separated by spaces.") == "1 2 3"
    assert places("What is the weather in Oslo and Paris?") == ["Oslo", "Paris"]
    assert places("Weather for San Francisco, CA in celsius") == ["San Francisco, CA"]
    assert places("What is the weather in São Paulo, Zürich, and 東京?") == ["São Paulo", "Zürich", "東京"]


@pytest.mark.socket
@families
def test_writes_long_texts_only_when_asked(client: httpx.Client, path: str) -> None:
    assert count(said(path, ask(client, path, "Write a long story."))) > 200
    assert count(said(path, ask(client, path, "Hello there"))) < 20


@pytest.mark.parametrize("text", ["", " ", "a  b\n\nc", "Grüße_世界 👩‍👩‍👧", '{"city":"Oslo"}', "x" * 100])
def test_tokens_lose_nothing(text: str) -> None:
    assert "".join(split(text)) == text
    assert len(split(text)) == count(text)


@pytest.mark.socket
@families
def test_a_cap_cuts_the_answer(client: httpx.Client, path: str) -> None:
    answer = ask(client, path, "Write a long story.", **{CAP[path]: 20})
    usage = answer["usage"]
    assert usage["completion_tokens" if path == CHAT else "output_tokens"] == 20 == count(said(path, answer))
    assert end(path, answer) == {CHAT: "length", RESPONSES: "incomplete", MESSAGES: "max_tokens"}[path]
    if path == RESPONSES:
        assert answer["incomplete_details"] == {"reason": "max_output_tokens"}
        assert answer["output"][-1]["status"] == "incomplete"


@pytest.mark.socket
def test_no_tokens_at_all(client: httpx.Client) -> None:
    answer = ask(client, MESSAGES, max_tokens=0)
    assert answer["content"] == []
    assert (answer["stop_reason"], answer["usage"]["output_tokens"]) == ("max_tokens", 0)
    for more in ({"stream": True}, {"tools": [TOOLS[MESSAGES]], "tool_choice": {"type": "any"}}):
        assert post(client, MESSAGES, body(MESSAGES, max_tokens=0, **more)).status_code == 400


@pytest.mark.socket
def test_stop_sequences(client: httpx.Client) -> None:
    answer = ask(client, CHAT, "Count from 1 to 10", stop=["7", "5"])
    assert (said(CHAT, answer), end(CHAT, answer)) == ("1, 2, 3, 4, ", "stop")
    answer = ask(client, MESSAGES, "Count from 1 to 10", stop_sequences=["5"])
    assert (said(MESSAGES, answer), end(MESSAGES, answer)) == ("1, 2, 3, 4, ", "stop_sequence")
    assert answer["stop_sequence"] == "5"


@pytest.mark.socket
def test_choices_and_logprobs(client: httpx.Client) -> None:
    answer = ask(client, CHAT, n=3, logprobs=True, top_logprobs=2)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    (token,) = answer["choices"][2]["logprobs"]["content"]
    assert token["token"] == "pong"
    assert bytes(token["bytes"]) == b"pong"
    assert token["top_logprobs"][0]["logprob"] == token["logprob"] > token["top_logprobs"][1]["logprob"]
    include = ["message.output_text.logprobs"]
    part = ask(client, RESPONSES, "Reply with exactly: a b", include=include, top_logprobs=1)["output"][0]["content"][0]
    assert "".join(each["token"] for each in part["logprobs"]) == "a b"


@pytest.mark.socket
@families
def test_a_forced_tool_is_called_with_the_question_s_values(client: httpx.Client, path: str) -> None:
    question = "What is the weather in Oslo, in fahrenheit?"
    answer = ask(client, path, question, tools=[TOOLS[path]], tool_choice=FORCED[path])
    assert calls(path, answer) == [("get_weather", {"city": "Oslo", "unit": "fahrenheit"})]
    assert end(path, answer) == {CHAT: "stop", RESPONSES: "completed", MESSAGES: "tool_use"}[path]


@pytest.mark.socket
@families
def test_auto_calls_a_tool_only_when_it_fits(client: httpx.Client, path: str) -> None:
    answer = ask(client, path, "How is the weather in Oslo?", tools=[TOOLS[path]])
    assert calls(path, answer) == [("get_weather", {"city": "Oslo"})]
    assert end(path, answer) == {CHAT: "tool_calls", RESPONSES: "completed", MESSAGES: "tool_use"}[path]
    assert said(path, ask(client, path, tools=[TOOLS[path]])) == "pong"
    off: Any = {"type": "none"} if path == MESSAGES else "none"
    assert not calls(path, ask(client, path, "Weather in Oslo?", tools=[TOOLS[path]], tool_choice=off))


@pytest.mark.socket
@families
def test_a_tool_named_outright_is_called_before_the_exact_reply(client: httpx.Client, path: str) -> None:
    question = "Call get_weather with city set to Lima, then reply with exactly: done"
    assert calls(path, ask(client, path, question, tools=[TOOLS[path]])) == [("get_weather", {"city": "Lima"})]


@pytest.mark.socket
@families
def test_parallel_calls_and_their_switch(client: httpx.Client, path: str) -> None:
    question = "What is the weather in Oslo and Paris?"
    both = calls(path, ask(client, path, question, tools=[TOOLS[path]], tool_choice=REQUIRED[path]))
    assert both == [("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Paris"})]
    off: dict[str, Any] = {"parallel_tool_calls": False}
    if path == MESSAGES:
        off = {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    assert len(calls(path, ask(client, path, question, tools=[TOOLS[path]], **off))) == 1


@pytest.mark.socket
def test_allowed_tools_narrow_the_choice(client: httpx.Client) -> None:
    clock = {"type": "function", "function": {"name": "get_time"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_time"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    answer = ask(client, CHAT, "What is the weather in Oslo?", tools=[TOOLS[CHAT], clock], tool_choice=choice)
    assert calls(CHAT, answer) == [("get_time", {})]
    choice = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_time"}]}
    tools = [TOOLS[RESPONSES], {"type": "function", "name": "get_time"}]
    assert not calls(RESPONSES, ask(client, RESPONSES, "Weather in Oslo?", tools=tools, tool_choice=choice))


@pytest.mark.socket
def test_custom_tools(client: httpx.Client) -> None:
    custom = {"name": "run_code", "description": "Runs code."}
    asked = 'Run the code "print(1)"'
    answer = ask(client, CHAT, asked, tools=[{"type": "custom", "custom": custom}], tool_choice="required")
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert call["custom"] == {"name": "run_code", "input": "print(1)"}
    answer = ask(client, RESPONSES, asked, tools=[{"type": "custom", **custom}], tool_choice="required")
    assert answer["output"][0]["type"] == "custom_tool_call"
    assert answer["output"][0]["input"] == "print(1)"


@pytest.mark.socket
@families
def test_results_are_used_in_the_order_of_the_calls(client: httpx.Client, path: str) -> None:
    question = "What is the weather in Oslo and Paris?"
    answer = ask(client, path, question, tools=[TOOLS[path]])
    payload = body(path, question, tools=[TOOLS[path]])
    results = ["rain-7", "sun-23"]
    if path == CHAT:
        message = answer["choices"][0]["message"]
        made = [call["id"] for call in message["tool_calls"]]
        tools = [
            {"role": "tool", "tool_call_id": id_, "content": text} for id_, text in zip(made, results, strict=True)
        ]
        payload["messages"] += [message, *reversed(tools)]
    elif path == RESPONSES:
        outputs = [
            {"type": "function_call_output", "call_id": item["call_id"], "output": text}
            for item, text in zip(answer["output"], results, strict=True)
        ]
        payload["input"] = [{"role": "user", "content": question}, *answer["output"], *reversed(outputs)]
    else:
        blocks = [
            {"type": "tool_result", "tool_use_id": block["id"], "content": [{"type": "text", "text": text}]}
            for block, text in zip(answer["content"], results, strict=True)
        ]
        payload["messages"] += [
            {"role": "assistant", "content": answer["content"]},
            {"role": "user", "content": blocks[::-1]},
        ]
    final = post(client, path, payload)
    assert final.status_code == 200, final.text
    assert re.search(r"rain-7.*sun-23", said(path, final.json()))


def test_all_words_are_those_of_the_results_and_of_the_turns() -> None:
    turns = (
        Turn("system", "The first code word is ash."),
        Turn("assistant", "The second code word is elm.", calls=(Call("call_1", "lookup", "{}"),)),
        Turn("tool", "The third code word is oak.", answers="call_1"),
        Turn("user", "Repeat all the code words."),
    )
    assert composed(Prompt(turns)) == ("The result is: The third code word is oak.; ash elm", ())


NESTED = {
    "type": "object",
    "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                         "required": ["name", "age"], "additionalProperties": False}},
    "properties": {
        "people": {"type": "array", "items": {"$ref": "#/$defs/person"}, "minItems": 2},
        "colour": {"enum": ["red", "green"]},
        "note": {"type": ["string", "null"], "maxLength": 3},
        "ratio": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
        "day": {"type": "string", "format": "date"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{3}$"},
        "either": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 10, "multipleOf": 4}]},
        "both": {"allOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
                           {"properties": {"b": {"type": "boolean"}}, "required": ["b"]}]},
    },
    "required": ["people", "colour", "note", "ratio", "day", "code", "either", "both"],
    "additionalProperties": False,
}  # fmt: skip
TREE = {
    "type": "object",
    "$defs": {"node": {"type": "object", "properties": {"value": {"type": "string"}, "children":
              {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["value"]}},
    "properties": {"root": {"$ref": "#/$defs/node"}},
    "required": ["root"],
}  # fmt: skip


@pytest.mark.parametrize("schema", [NESTED, TREE, {"type": "object"}, {}, WEATHER_SCHEMA])
@pytest.mark.parametrize("question", ["", "Ada is 36 and likes green in Oslo on 2024-05-06."])
def test_instances_are_valid(schema: dict[str, Any], question: str) -> None:
    jsonschema.validate(instance(schema, question), schema, jsonschema.Draft202012Validator)


def test_instances_take_values_from_the_question() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "cities": {"type": "array",
                       "items": {"type": "string"}}, "a": {"type": "number"}},
        "required": ["name", "age", "cities", "a"],
    }  # fmt: skip
    made = instance(schema, "Extract: Ada is 36 years old and lived in London and Paris, a = 2.5")
    assert made == {"name": "Ada", "age": 36, "cities": ["London", "Paris"], "a": 2.5}


@pytest.mark.socket
@families
def test_structured_output(client: httpx.Client, path: str) -> None:
    format_ = {"type": "json_schema", "schema": NESTED}
    setting: dict[str, Any] = {"output_config": {"format": format_}}
    if path == CHAT:
        setting = {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": NESTED}}}
    if path == RESPONSES:
        setting = {"text": {"format": {**format_, "name": "n"}}}
    text = said(path, ask(client, path, "Describe two people.", **setting))
    jsonschema.validate(json.loads(text), NESTED, jsonschema.Draft202012Validator)


@pytest.mark.socket
def test_json_mode(client: httpx.Client) -> None:
    mode = {"type": "json_object"}
    assert isinstance(json.loads(said(CHAT, ask(client, CHAT, "Say hello as JSON.", response_format=mode))), dict)
    text = said(CHAT, ask(client, CHAT, "A JSON object with one field, word set to plum.", response_format=mode))
    assert json.loads(text) == {"word": "plum"}
    text = said(RESPONSES, ask(client, RESPONSES, 'Reply with exactly: {"json": 1}', text={"format": mode}))
    assert json.loads(text) == {"json": 1}
    refused = post(client, CHAT, body(CHAT, "Say hello.", response_format=mode))
    assert error(CHAT, refused)["param"] == "messages"


@pytest.mark.socket
def test_a_schema_for_any_object_is_not_json_mode(client: httpx.Client) -> None:
    """Only JSON mode needs the word in the prompt."""
    schema = {"name": "n", "schema": {"type": "object"}}
    chat = ask(client, CHAT, "Say hello.", response_format={"type": "json_schema", "json_schema": schema})
    responses = ask(client, RESPONSES, "Say hello.", text={"format": {"type": "json_schema", **schema}})
    for path, answer in ((CHAT, chat), (RESPONSES, responses)):
        assert isinstance(json.loads(said(path, answer)), dict)


@pytest.mark.socket
def test_reasoning_of_the_openai_families(client: httpx.Client) -> None:
    def spent(effort: str) -> int:
        return ask(client, CHAT, reasoning_effort=effort)["usage"]["completion_tokens_details"]["reasoning_tokens"]

    assert spent("none") == 0 < spent("minimal") < spent("high")
    include = ["reasoning.encrypted_content"]
    answer = ask(client, RESPONSES, reasoning={"effort": "low", "summary": "auto"}, include=include)
    reasoning, message = answer["output"]
    assert reasoning["summary"][0]["text"]
    assert message["content"][0]["text"] == "pong"
    assert answer["usage"]["output_tokens_details"]["reasoning_tokens"] == 8
    follow = [
        {"role": "user", "content": "Hi"},
        reasoning,
        message,
        {"role": "user", "content": "Reply with exactly: 2"},
    ]
    assert said(RESPONSES, ask(client, RESPONSES, follow, store=False)) == "2"
    altered = {**reasoning, "encrypted_content": "A" + reasoning["encrypted_content"][1:][::-1]}
    refused = post(client, RESPONSES, body(RESPONSES, [*follow[:1], altered, *follow[2:]]))
    assert error(RESPONSES, refused)["code"] == "invalid_encrypted_content"


@pytest.mark.socket
@pytest.mark.parametrize("thinking", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}])
def test_thinking_blocks_come_first_and_are_checked(client: httpx.Client, thinking: dict[str, Any]) -> None:
    answer = ask(client, MESSAGES, max_tokens=2048, thinking=thinking)
    thought, text = answer["content"]
    assert (thought["type"], text["text"]) == ("thinking", "pong")
    assert thought["thinking"]
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": "Reply with exactly: 2"},
    ]
    payload = {"model": MODEL, "max_tokens": 2048, "thinking": thinking, "messages": turns}
    assert said(MESSAGES, post(client, MESSAGES, payload).json()) == "2"
    thought["thinking"] += "!"
    refused = post(client, MESSAGES, payload)
    assert refused.status_code == 400
    assert "signature" in error(MESSAGES, refused)["message"]


@pytest.mark.socket
def test_omitted_thinking_keeps_its_signature(client: httpx.Client) -> None:
    thought = ask(client, MESSAGES, thinking={"type": "adaptive", "display": "omitted"})["content"][0]
    assert thought["thinking"] == ""
    assert thought["signature"]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("First write this line: One moment\nThen call get_weather.", "One moment"),
        ("Say hello, then call get_weather.", "hello"),
        ('Say "good day" and then call get_weather.', "good day"),
        ("Call get_weather, then reply with exactly: done", ""),
    ],
)
def test_text_before_a_call(question: str, text: str) -> None:
    assert before_call(question) == text


@pytest.mark.socket
@families
def test_speaks_and_then_calls(client: httpx.Client, path: str) -> None:
    question = "First write this line: One moment\nThen call get_weather with city set to Oslo."
    answer = ask(client, path, question, tools=[TOOLS[path]])
    assert said(path, answer) == "One moment"
    assert calls(path, answer) == [("get_weather", {"city": "Oslo"})]


@pytest.mark.parametrize(("question", "called"), [("Call open_gate.", ["open_gate"]), ("What is it?", [])])
def test_a_question_after_results_can_ask_for_another_call(question: str, called: list[str]) -> None:
    turns = (
        Turn("user", "Call get_code."),
        Turn("assistant", calls=(Call("c1", "get_code", "{}"),)),
        Turn("tool", "plum", answers="c1"),
        Turn("user", question),
    )
    _, calls = composed(Prompt(turns, (Tool("get_code", "", {}), Tool("open_gate", "", {}))))
    assert [call.name for call in calls] == called


def test_values_of_a_schema() -> None:
    schema = {"type": "object", "properties": {"badge": {"type": "string"}}, "required": ["badge"]}
    badges: dict[str, dict[str, Any]] = {
        "Zilo": {"const": "Zilo"},
        "Zila-000": {"type": "string", "pattern": "^Zila-[0-9]{3}$"},
        "Zilu": {"oneOf": [{"const": "Zilu"}, {"type": "null"}]},
    }
    for value, badge in badges.items():
        assert instance({**schema, "properties": {"badge": badge}}, "Call register.") == {"badge": value}


def test_integers_are_exact() -> None:
    schema = {"type": "object", "properties": {"record": {"type": "integer"}}, "required": ["record"]}
    assert instance(schema, "Call open_record with record set to 9007199254740993.") == {"record": 9007199254740993}


def test_descriptions_of_tools_give_values() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "room": {"type": "string", "description": "Call it with room set to R7"},
        },
        "required": ["name", "room"],
    }
    tool = Tool("register", "Registers a guest. Call it with name set to Bafilomu", schema)
    (call,) = wanted(Prompt(turns=(), tools=(tool,), mode="required"), "Call register.")
    assert json.loads(call.arguments) == {"name": "Bafilomu", "room": "R7"}


def test_text_of_a_file() -> None:
    page = base64.b64encode(b"%PDF-1.4\nBT (The code word is plum.) Tj ET\n%%EOF").decode()
    assert files.text(page) == files.text(f"data:application/pdf;base64,{page}") == "The code word is plum."
    assert files.text("no base64") == ""
