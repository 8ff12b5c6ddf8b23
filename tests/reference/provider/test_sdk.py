"""The scripted provider as the official SDKs see it, over a real socket."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from conformance.reference.provider import create_app
from conformance.reference.serving import serve

if TYPE_CHECKING:  # importing the SDKs takes seconds, which only the tests that use them spend
    import anthropic
    import openai

pytestmark = pytest.mark.sdk

KEY = "sk-sdk-key-0123456789"
MODEL = "reference-large"
QUESTION = "What is the weather in Oslo and Paris?"
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture(scope="module")
def person() -> Any:
    """The type of parsed structured output."""
    from pydantic import create_model

    return create_model("Person", name=(str, ...), age=(int, ...))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(create_app(key=KEY, pace=0)) as url:
        yield url


@pytest.fixture(scope="module")
def gpt(url: str) -> Iterator[openai.OpenAI]:
    import openai

    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def claude(url: str) -> Iterator[anthropic.Anthropic]:
    import anthropic

    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0) as client:
        yield client


def turns(text: str) -> Any:
    return [{"role": "user", "content": text}]


def test_chat_create(gpt: openai.OpenAI) -> None:
    completion = gpt.chat.completions.create(model=MODEL, messages=turns("Reply with exactly: pong"))
    assert completion.choices[0].message.content == "pong"
    assert completion.usage is not None
    assert completion._request_id


def test_chat_stream_helper(gpt: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
    options: Any = {"include_usage": True}
    with gpt.chat.completions.stream(
        model=MODEL, messages=turns(QUESTION), tools=[tool], stream_options=options
    ) as stream:
        final = stream.get_final_completion()
    made = final.choices[0].message.tool_calls or []
    assert [call.function.arguments for call in made] == ['{"city":"Oslo"}', '{"city":"Paris"}']
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage is not None
    assert final.usage.total_tokens == final.usage.prompt_tokens + final.usage.completion_tokens


def test_chat_parse(gpt: openai.OpenAI, person: Any) -> None:
    completion = gpt.chat.completions.parse(
        model=MODEL, messages=turns("Extract: Ada is 36 years old."), response_format=person
    )
    assert completion.choices[0].message.parsed == person(name="Ada", age=36)


def test_responses_create_and_continue(gpt: openai.OpenAI) -> None:
    import openai

    first = gpt.responses.create(model=MODEL, input="My name is Ada.")
    second = gpt.responses.create(model=MODEL, input="What is my name?", previous_response_id=first.id)
    assert second.output_text == "Ada"
    assert gpt.responses.retrieve(first.id).output_text == first.output_text
    assert len(gpt.responses.input_items.list(second.id).data) == 3
    gpt.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        gpt.responses.retrieve(first.id)


def test_responses_in_the_background(gpt: openai.OpenAI) -> None:
    import openai

    begun = gpt.responses.create(model=MODEL, input="Reply with exactly: pong", background=True)
    assert (begun.status, begun.output) == ("queued", [])
    found = gpt.responses.retrieve(begun.id)
    while found.status == "in_progress":
        time.sleep(0.05)
        found = gpt.responses.retrieve(begun.id)
    assert (found.status, found.output_text) == ("completed", "pong")
    assert gpt.responses.cancel(begun.id).status == "completed"
    other = gpt.responses.create(model=MODEL, input="Reply with exactly: pong", background=True)
    assert gpt.responses.cancel(other.id).status == "cancelled"
    assert gpt.responses.retrieve(other.id).output == []
    with pytest.raises(openai.BadRequestError):
        gpt.responses.cancel(gpt.responses.create(model=MODEL, input="Hello").id)


def test_responses_streamed_from_the_background(gpt: openai.OpenAI) -> None:
    with gpt.responses.create(model=MODEL, input="Hello", background=True, stream=True) as stream:
        kinds = [event.type for event in stream]
    assert kinds[:3] == ["response.created", "response.queued", "response.in_progress"]
    assert kinds[-1] == "response.completed"


def test_conversations(gpt: openai.OpenAI) -> None:
    import openai

    turn: Any = {"type": "message", "role": "user", "content": "My name is Ada."}
    conversation = gpt.conversations.create(items=[turn], metadata={"topic": "names"})
    answer = gpt.responses.create(model=MODEL, input="What is my name?", conversation=conversation.id)
    assert answer.output_text == "Ada"
    assert answer.conversation is not None
    assert answer.conversation.id == conversation.id
    assert len(gpt.conversations.items.list(conversation.id, order="asc").data) == 3
    assert gpt.conversations.retrieve(conversation.id).metadata == {"topic": "names"}
    assert gpt.conversations.delete(conversation.id).deleted
    with pytest.raises(openai.NotFoundError):
        gpt.responses.create(model=MODEL, input="What is my name?", conversation=conversation.id)


def test_responses_stream_helper(gpt: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}
    reasoning: Any = {"effort": "low", "summary": "auto"}
    with gpt.responses.stream(model=MODEL, input=QUESTION, tools=[tool], reasoning=reasoning) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert "response.reasoning_summary_text.delta" in kinds
    assert [item.type for item in final.output] == ["reasoning", "function_call", "function_call"]


def test_responses_parse(gpt: openai.OpenAI, person: Any) -> None:
    response = gpt.responses.parse(model=MODEL, input="Extract: Ada is 36 years old.", text_format=person)
    assert response.output_parsed == person(name="Ada", age=36)


def test_messages_create_with_a_tool_loop(claude: anthropic.Anthropic) -> None:
    tool: Any = {"name": "get_weather", "input_schema": SCHEMA}
    history = turns(QUESTION)
    message = claude.messages.create(model=MODEL, max_tokens=200, messages=history, tools=[tool])
    assert message.stop_reason == "tool_use"
    assert message._request_id
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": f"sunny in {block.input}"}
        for block in message.content
        if block.type == "tool_use"
    ]
    history += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    final = claude.messages.create(model=MODEL, max_tokens=200, messages=history, tools=[tool])
    assert final.content[0].type == "text"
    assert "sunny in {'city': 'Oslo'}" in final.content[0].text


def test_messages_stream_helper(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(
        model=MODEL, max_tokens=2048, messages=turns("Reply with exactly: Grüße"), thinking={"type": "adaptive"}
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == "Grüße"
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.stop_reason == "end_turn"


def test_count_tokens(claude: anthropic.Anthropic) -> None:
    counted = claude.messages.count_tokens(model=MODEL, messages=turns("Hello there"))
    message = claude.messages.create(model=MODEL, max_tokens=20, messages=turns("Hello there"))
    assert counted.input_tokens == message.usage.input_tokens > 0


def test_model_lists(gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    expected = ["reference-large", "reference-mini"]
    assert [model.id for model in gpt.models.list()] == expected
    assert [model.id for model in claude.models.list(limit=1)] == expected
    assert gpt.models.retrieve(MODEL).object == "model"
    assert claude.models.retrieve(MODEL).display_name == "Reference Large"


def test_errors(url: str, gpt: openai.OpenAI, claude: anthropic.Anthropic) -> None:
    import anthropic
    import openai

    with pytest.raises(openai.NotFoundError) as missing:
        gpt.chat.completions.create(model="none", messages=turns("x"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(anthropic.BadRequestError) as bad:
        claude.messages.create(model=MODEL, max_tokens=5, messages=[])
    assert bad.value.request_id == bad.value.body["request_id"]  # type: ignore[index]
    with openai.OpenAI(base_url=f"{url}/v1", api_key="sk-wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def test_all_output_items_and_events_of_responses(url: str, gpt: openai.OpenAI) -> None:
    """Every item and every event of a stream validates as one of the SDK's types, which are not lenient here."""
    import httpx
    from openai.types.responses import ResponseOutputItem, ResponseStreamEvent
    from pydantic import TypeAdapter

    from conformance.reference.provider.responses.shown import names

    body = {"model": MODEL, "stream": True, "background": True, "input": f"Show output items: {', '.join(names())}."}
    answer = httpx.post(f"{url}/v1/responses", json=body, headers={"authorization": f"Bearer {KEY}"}, trust_env=False)
    events = [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]
    an_event, an_item = TypeAdapter[Any](ResponseStreamEvent), TypeAdapter[Any](ResponseOutputItem)
    for event in events:
        an_event.validate_python(event)
        if "item" in event:
            an_item.validate_python(event["item"])
    assert len({event["type"] for event in events}) > 45
    with gpt.responses.stream(model=MODEL, input=body["input"]) as stream:
        kinds = {item.type for item in stream.get_final_response().output}
    assert len(kinds) == 26
