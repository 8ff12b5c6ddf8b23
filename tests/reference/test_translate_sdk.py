"""The translating gateway as the stream helpers of the official SDKs see it, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.reference import Reference, reference_gateway

pytestmark = pytest.mark.sdk

QUESTION: list[Any] = [{"role": "user", "content": "What is the weather in Oslo and Paris?"}]
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CITIES = [{"city": "Oslo"}, {"city": "Paris"}]


@pytest.fixture(scope="module")
def running() -> Iterator[Reference]:
    with reference_gateway(pace=0, translate=True) as reference:
        yield reference


@pytest.mark.parametrize("model", ["via-responses", "via-messages"])
def test_chat(running: Reference, model: str) -> None:
    import openai

    tool: Any = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
    with openai.OpenAI(base_url=running.base_url, api_key=running.key, max_retries=0) as client:
        options: Any = {"include_usage": True}
        with client.chat.completions.stream(
            model=model, messages=QUESTION, tools=[tool], stream_options=options
        ) as stream:
            final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments) for call in calls] == CITIES
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage is not None


@pytest.mark.parametrize("model", ["via-chat", "via-messages"])
def test_responses(running: Reference, model: str) -> None:
    import openai

    tool: Any = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}
    with (
        openai.OpenAI(base_url=running.base_url, api_key=running.key, max_retries=0) as client,
        client.responses.stream(model=model, input=QUESTION, tools=[tool]) as stream,
    ):
        final = stream.get_final_response()
    assert [json.loads(item.arguments) for item in final.output if item.type == "function_call"] == CITIES
    assert final.usage is not None


@pytest.mark.parametrize("model", ["via-chat", "via-responses"])
def test_messages(running: Reference, model: str) -> None:
    import anthropic

    tool: Any = {"name": "get_weather", "input_schema": SCHEMA}
    url = running.base_url.removesuffix("/v1")
    with (
        anthropic.Anthropic(base_url=url, api_key=running.key, max_retries=0) as client,
        client.messages.stream(model=model, max_tokens=500, messages=QUESTION, tools=[tool]) as stream,
    ):
        final = stream.get_final_message()
    assert [block.input for block in final.content if block.type == "tool_use"] == CITIES
    assert final.stop_reason == "tool_use"
