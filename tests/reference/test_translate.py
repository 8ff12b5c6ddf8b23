"""The translating gateway in front of the scripted provider: every crossed lane gives a valid answer of its family."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.core.model import Request
from conformance.reference import DEFAULT_KEY
from tests.support.lanes import (
    CHAT,
    CROSSED,
    LANES,
    MESSAGES,
    MODELS,
    RESPONSES,
    Lane,
    answered,
    content,
    events,
    final,
    findings,
    forced,
    lanes,
    pictured,
    png,
    raw,
    result_turn,
    said,
    structured,
    tools,
)

crossed = pytest.mark.parametrize(("family", "upstream"), CROSSED, ids=lambda name: str(name))
every = pytest.mark.parametrize(("family", "upstream"), LANES, ids=lambda name: str(name))
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
STOPS = {CHAT: "tool_calls", RESPONSES: "completed", MESSAGES: "tool_use"}
CUTS = {CHAT: "length", RESPONSES: "max_output_tokens", MESSAGES: "max_tokens"}


@pytest.fixture(scope="module")
def running() -> Iterator[Lane]:
    with lanes() as lane:
        yield lane


@pytest.fixture
def lane(running: Lane) -> Lane:
    running.behind.seen.clear()
    return running


def usage_option(family: str, stream: bool) -> dict[str, Any]:
    return {"stream_options": {"include_usage": True}} if family == CHAT and stream else {}


@every
@streams
class TestAnswers:
    def test_a_text_is_valid_with_the_clients_name_of_the_model(
        self, lane: Lane, family: str, upstream: str, stream: bool
    ) -> None:
        body = said(family, "Reply with exactly: naïve \N{GRINNING FACE} text", stream=stream)
        exchange = lane.ask(family, upstream, body | usage_option(family, stream))
        assert findings(exchange) == []
        assert answered(exchange).text == "naïve \N{GRINNING FACE} text"
        assert final(exchange)["model"] == MODELS[upstream]
        assert [seen.body["model"] for seen in lane.behind.seen] == ["reference-large"]

    def test_system_texts_arrive_in_order(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        rules = ["You are brief.", "Reply with exactly: ahoy"]
        exchange = lane.ask(family, upstream, said(family, "Hello there.", system=rules, stream=stream))
        assert findings(exchange) == []
        assert answered(exchange).text == "ahoy"
        sent = json.dumps(lane.behind.seen[0].body)
        assert -1 < sent.index(rules[0]) < sent.index(rules[1])

    def test_a_tool_is_called(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        body = said(family, "What is the weather in Oslo?", stream=stream) | tools(family)
        exchange = lane.ask(family, upstream, body)
        assert findings(exchange) == []
        (call,) = answered(exchange).tool_calls
        arguments = call.arguments if family == MESSAGES else json.loads(call.arguments)
        assert (call.name, arguments) == ("get_weather", {"city": "Oslo"})
        assert answered(exchange).stop == STOPS[family]

    def test_two_tools_are_called(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        body = said(family, "What is the weather in Oslo and in Rome?", stream=stream) | tools(family)
        exchange = lane.ask(family, upstream, body)
        assert findings(exchange) == []
        assert len({call.id for call in answered(exchange).tool_calls}) == 2

    @pytest.mark.parametrize("name", [None, "get_weather"])
    def test_a_tool_is_forced(self, lane: Lane, family: str, upstream: str, stream: bool, name: str | None) -> None:
        body = said(family, "Reply with exactly: no", stream=stream) | tools(family) | forced(family, name)
        exchange = lane.ask(family, upstream, body)
        assert findings(exchange) == []
        assert [call.name for call in answered(exchange).tool_calls] == ["get_weather"]

    def test_a_tool_result_is_read(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        body = result_turn(family, "What is the weather in Oslo?", "call_1", "17 degrees and fog")
        exchange = lane.ask(family, upstream, body | tools(family) | {"stream": stream})
        assert findings(exchange) == []
        assert "17 degrees and fog" in answered(exchange).text
        assert json.dumps(lane.behind.seen[0].body).count('"call_1"') == 2

    def test_a_picture_arrives_byte_for_byte(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        data = png()
        exchange = lane.ask(family, upstream, pictured(family, "What do you see?", data) | {"stream": stream})
        assert findings(exchange) == []
        assert answered(exchange).text == "image/png 8x8"
        assert data in json.dumps(lane.behind.seen[0].body)

    def test_the_token_limit_is_kept(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        exchange = lane.ask(family, upstream, said(family, "Tell a long story.", cap=16, stream=stream))
        assert findings(exchange) == []
        assert answered(exchange).stop == CUTS[family]

    def test_structured_output(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        body = said(family, "Which city? It is in Oslo.", stream=stream) | structured(family)
        exchange = lane.ask(family, upstream, body)
        assert findings(exchange) == []
        assert json.loads(answered(exchange).text).keys() == {"city"}

    def test_effort(self, lane: Lane, family: str, upstream: str, stream: bool) -> None:
        config = {
            CHAT: {"reasoning_effort": "high"},
            RESPONSES: {"reasoning": {"effort": "high", "summary": "auto"}},
            MESSAGES: {"output_config": {"effort": "high"}, "thinking": {"type": "adaptive"}},
        }
        exchange = lane.ask(family, upstream, said(family, "Reply with exactly: yes", stream=stream, **config[family]))
        assert findings(exchange) == []
        assert answered(exchange).text == "yes"
        assert '"effort": "high"' in (sent := json.dumps(lane.behind.seen[0].body)) or "reasoning_effort" in sent


@crossed
def test_stream_and_object_say_the_same(lane: Lane, family: str, upstream: str) -> None:
    body = said(family, "What is the weather in Oslo and in Rome?") | tools(family)
    whole = answered(lane.ask(family, upstream, body))
    streamed = answered(lane.ask(family, upstream, body | {"stream": True} | usage_option(family, True)))
    calls = [[(call.name, call.arguments) for call in each.tool_calls] for each in (whole, streamed)]
    assert calls[0] == calls[1]
    assert (whole.stop, whole.input_tokens, whole.output_tokens) == (
        streamed.stop, streamed.input_tokens, streamed.output_tokens,
    )  # fmt: skip


@crossed
@streams
def test_cached_tokens_are_exact(lane: Lane, family: str, upstream: str, stream: bool) -> None:
    """OpenAI counts cached tokens in the input, Anthropic beside it; here the cache is OpenAI's own."""
    text = f"{family} {upstream} {stream} " + "word " * 1500 + "Reply with exactly: yes"
    body = said(family, text, stream=stream) | usage_option(family, stream)
    lane.ask(family, upstream, body)
    again = lane.ask(family, upstream, body)
    assert findings(again) == []
    usage = final(again)["usage"]
    read = {
        CHAT: lambda: usage["prompt_tokens_details"]["cached_tokens"],
        RESPONSES: lambda: usage["input_tokens_details"]["cached_tokens"],
        MESSAGES: lambda: usage["cache_read_input_tokens"],
    }[family]()
    total = usage["prompt_tokens"] if family == CHAT else usage["input_tokens"] + (read if family == MESSAGES else 0)
    assert total > 1500
    assert (read >= 1024) == (upstream != MESSAGES)


@pytest.mark.parametrize("upstream", [RESPONSES, CHAT])
@streams
def test_thinking_is_signed_and_goes_back(lane: Lane, upstream: str, stream: bool) -> None:
    """Messages <- Responses: the signature is the encrypted content, and the vendor takes it back."""
    thinking = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}
    first = final(lane.ask(MESSAGES, upstream, said(MESSAGES, "Reply with exactly: one", stream=stream, **thinking)))
    kinds = [block["type"] for block in first["content"]]
    assert kinds == (["thinking", "text"] if upstream == RESPONSES else ["text"])
    history = [
        {"role": "user", "content": "Reply with exactly: one"},
        {"role": "assistant", "content": first["content"]},
        {"role": "user", "content": "Reply with exactly: two"},
    ]
    again = lane.ask(MESSAGES, upstream, {"max_tokens": 500, "messages": history, "stream": stream, **thinking})
    assert findings(again) == []
    assert answered(again).text == "two"
    sent = json.dumps(lane.behind.seen[-1].body)
    assert ("encrypted_content" in sent) == (upstream == RESPONSES)


@streams
@pytest.mark.parametrize("summary", [None, "auto"])
def test_encrypted_reasoning_goes_back_to_messages(lane: Lane, stream: bool, summary: str | None) -> None:
    wanted = {"reasoning": {"effort": "high", "summary": summary}, "include": ["reasoning.encrypted_content"]}
    body = said(RESPONSES, "Reply with exactly: one", stream=stream, **wanted)
    first = lane.ask(RESPONSES, MESSAGES, body)
    assert findings(first) == []
    output = final(first)["output"]
    assert [item["type"] for item in output] == ["reasoning", "message"]
    assert bool(output[0]["summary"]) == (summary is not None)
    items = [*body["input"], *output, {"role": "user", "content": "Reply with exactly: two"}]
    again = lane.ask(RESPONSES, MESSAGES, {"input": items, "stream": stream, **wanted})
    assert answered(again).text == "two"
    assert lane.behind.seen[-1].body["messages"][1]["content"][0]["type"] == "thinking"


class TestRequests:
    @pytest.mark.parametrize("family", [CHAT, RESPONSES])
    def test_the_version_goes_up_and_nothing_of_the_client(self, lane: Lane, family: str) -> None:
        lane.ask(family, MESSAGES, said(family, "Hello"))
        (seen,) = lane.behind.seen
        assert seen.path == "/v1/messages"
        assert seen.headers["anthropic-version"] == "2023-06-01"
        assert "authorization" not in seen.headers
        assert seen.body["max_tokens"] == 32_000

    @pytest.mark.parametrize("version", [None, "2020-01-01", "2026-10-21"])
    def test_messages_has_versions(self, lane: Lane, version: str | None) -> None:
        """The newest version has no sampling parameters."""
        body = json.dumps({"model": MODELS[CHAT], **said(MESSAGES, "Hello", temperature=0.5)}).encode()
        headers = () if version is None else (("anthropic-version", version),)
        request = Request("POST", "http://gateway.test/v1/messages", headers, body, ("x-api-key",))
        exchange = lane.client.send(MESSAGES, request, DEFAULT_KEY)
        assert (exchange.status, lane.behind.seen) == (400, [])
        assert findings(exchange) == []

    @pytest.mark.parametrize(
        ("family", "upstream", "more", "param"),
        [
            (CHAT, MESSAGES, {"n": 2}, "n"),
            (CHAT, RESPONSES, {"n": 2}, "n"),
            (CHAT, MESSAGES, {"logprobs": True}, "logprobs"),
            (CHAT, MESSAGES, {"logit_bias": {"1": 5}}, "logit_bias"),
            (CHAT, RESPONSES, {"stop": ["x"]}, "stop"),
            (CHAT, RESPONSES, {"max_completion_tokens": 5}, "max_completion_tokens"),
            (CHAT, MESSAGES, {"temperature": 1.5}, "temperature"),
            (CHAT, MESSAGES, {"response_format": {"type": "json_object"}}, "response_format"),
            (CHAT, RESPONSES, {"frequency_penalty": 1}, "frequency_penalty"),
            (CHAT, MESSAGES, {"messages": []}, "messages"),
            (CHAT, MESSAGES, {"max_tokens": 0}, "max_tokens"),
            (RESPONSES, CHAT, {"max_output_tokens": 15}, "max_output_tokens"),
            (MESSAGES, CHAT, {"max_tokens": -1}, "max_tokens"),
            (MESSAGES, CHAT, {"max_tokens": 0}, "max_tokens"),
            (MESSAGES, CHAT, {"tool_choice": {"type": ["any"]}}, "tool_choice"),
            (CHAT, MESSAGES, {"messages": "hello"}, "messages"),
            (RESPONSES, CHAT, {"previous_response_id": "resp_1"}, "previous_response_id"),
            (RESPONSES, MESSAGES, {"background": True}, "background"),
            (RESPONSES, MESSAGES, {"conversation": "conv_1"}, "conversation"),
            (RESPONSES, CHAT, {"tools": [{"type": "image_generation"}]}, "tools[0]"),
            (RESPONSES, CHAT, {"wrong": 1}, "wrong"),
            (RESPONSES, CHAT, {"input": [{"role": "nobody", "content": "x"}]}, "input[0].role"),
            (MESSAGES, CHAT, {"top_k": 5}, "top_k"),
            (
                MESSAGES,
                CHAT,
                {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
                "context_management",
            ),
            (MESSAGES, RESPONSES, {"stop_sequences": ["x"]}, "stop_sequences"),
            (MESSAGES, RESPONSES, {"max_tokens": 5}, "max_tokens"),
            (MESSAGES, CHAT, {"max_tokens": None}, "max_tokens"),
            (MESSAGES, CHAT, {"wrong": 1}, "wrong"),
            (MESSAGES, CHAT, {"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools.0"),
        ],
    )
    def test_what_cannot_be_translated_is_refused_by_name(
        self, lane: Lane, family: str, upstream: str, more: dict[str, Any], param: str
    ) -> None:
        exchange = lane.ask(family, upstream, said(family, "Hello") | more)
        assert (exchange.status, lane.behind.seen) == (400, [])
        assert findings(exchange) == []
        error = content(exchange)["error"]
        assert param in error["message"]
        assert family == MESSAGES or error["param"] == param

    @pytest.mark.parametrize(
        ("family", "upstream", "more"),
        [
            (CHAT, MESSAGES, {"seed": 1, "user": "u", "metadata": {"a": "b"}, "n": 1, "store": True, "stop": ["zz"]}),
            (CHAT, RESPONSES, {"seed": 1, "user": "u", "metadata": {"a": "b"}, "logprobs": False, "temperature": 0.5}),
            (RESPONSES, CHAT, {"truncation": "auto", "store": True, "metadata": {"a": "b"}, "background": False}),
            (RESPONSES, MESSAGES, {"user": "u", "service_tier": "auto", "top_p": 0.9}),
            (RESPONSES, MESSAGES, {"text": {"verbosity": "low"}, "reasoning": {"effort": "low"}}),
            (CHAT, MESSAGES, {"verbosity": "low"}),
            (MESSAGES, CHAT, {"metadata": {"user_id": "u"}, "service_tier": "auto", "stop_sequences": ["zz"]}),
            (MESSAGES, RESPONSES, {"metadata": {"user_id": "u"}, "temperature": 0.5}),
            (MESSAGES, CHAT, {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}}),
            (RESPONSES, CHAT, {"context_management": [{"type": "compaction", "compact_threshold": 150000}]}),
        ],
    )
    def test_what_is_harmless_is_answered(self, lane: Lane, family: str, upstream: str, more: dict[str, Any]) -> None:
        exchange = lane.ask(family, upstream, said(family, "Reply with exactly: fine") | more)
        assert findings(exchange) == []
        assert answered(exchange).text == "fine"

    def test_an_unknown_chat_parameter_has_the_vendors_words(self, lane: Lane) -> None:
        error = content(lane.ask(CHAT, MESSAGES, said(CHAT, "Hello", wrong=1)))["error"]
        assert error["message"] == "Unrecognized request argument supplied: wrong"
        assert (error["param"], error["code"]) == (None, None)

    @streams
    def test_logprobs_between_the_openai_families(self, lane: Lane, stream: bool) -> None:
        more = {"logprobs": True, "top_logprobs": 2, "stream": stream}
        exchange = lane.ask(CHAT, RESPONSES, said(CHAT, "Reply with exactly: a b c", **more))
        assert findings(exchange) == []
        assert len(final(exchange)["choices"][0]["logprobs"]["content"]) >= 3
        include = {"include": ["message.output_text.logprobs"], "stream": stream}
        exchange = lane.ask(RESPONSES, CHAT, said(RESPONSES, "Reply with exactly: a b c", **include))
        assert findings(exchange) == []
        assert len(final(exchange)["output"][0]["content"][0]["logprobs"]) >= 3

    @streams
    def test_custom_tools_between_the_openai_families(self, lane: Lane, stream: bool) -> None:
        tool = {"type": "custom", "name": "run_code"}
        body = said(RESPONSES, "Call run_code with `print(1)`", tools=[tool], stream=stream)
        exchange = lane.ask(RESPONSES, CHAT, body)
        assert findings(exchange) == []
        assert final(exchange)["output"][-1]["input"] == "print(1)"
        body = said(CHAT, "Call run_code with `print(1)`", tools=[{"type": "custom", "custom": {"name": "run_code"}}])
        assert content(lane.ask(CHAT, RESPONSES, body))["choices"][0]["message"]["tool_calls"][0]["custom"]["input"]

    def test_an_upstreams_refusal_comes_down_in_its_words(self, lane: Lane) -> None:
        body = pictured(CHAT, "What is this?", "AAAA")
        exchange = lane.ask(CHAT, MESSAGES, body)
        assert (exchange.status, findings(exchange)) == (400, [])
        assert "not an image" in content(exchange)["error"]["message"]


def test_count_tokens_is_only_for_the_messages_upstream(lane: Lane) -> None:
    statuses = {}
    for upstream, model in MODELS.items():
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}]}).encode()
        headers = (("content-type", "application/json"), ("anthropic-version", "2023-06-01"))
        request = Request("POST", "http://gateway.test/v1/messages/count_tokens", headers, body, ("x-api-key",))
        exchange = lane.client.send("count_tokens", request, DEFAULT_KEY)
        statuses[upstream] = exchange.status
        assert findings(exchange) == []
    assert statuses == {CHAT: 404, RESPONSES: 404, MESSAGES: 200}


def test_a_stream_begins_before_its_end(lane: Lane) -> None:
    exchange = lane.ask(MESSAGES, CHAT, said(MESSAGES, "Count from 1 to 20", stream=True))
    assert len(exchange.chunks) > 20
    assert events(exchange)[0]["message"]["usage"]["input_tokens"] > 0
    assert raw(exchange).endswith(b"\n\n")
