"""Messages through the Anthropic SDK.

What the SDK depends on was measured with anthropic 2.12, 1.17 and 0.125: its decoder of streams (`_streaming.py`) drops
events without a name, and its accumulator (`lib/streaming/_messages.py`) needs contiguous indexes and the usage.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from conformance.real_clients.place import Place
from conformance.real_clients.prompts import BIRDS, MESSAGES_TOOL, PIXEL, PONG, QUESTION, person, says, user
from conformance.real_clients.scenario import scenario

anthropic_messages = partial(scenario, "anthropic")


def text_of(message: Any) -> str:
    """The text of an answer."""
    return "".join(block.text for block in message.content if block.type == "text")


def create(at: Place, prompt: Any = PONG, **options: Any) -> Any:
    """The answer to a prompt, or to a list of messages."""
    turns = user(prompt) if isinstance(prompt, str) else prompt
    return at.anthropic().messages.create(**{"model": at.messages, "max_tokens": 256, "messages": turns, **options})


@anthropic_messages("messages-usage-lost")
def messages_create(at: Place) -> None:
    """An answer has its text, a stop reason and the usage."""
    message = create(at)
    says(text_of(message))
    assert message.stop_reason == "end_turn"
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0


@anthropic_messages("http-request-id-of-other-family")
def messages_request_id(at: Place) -> None:
    """An answer has a request id, which the SDK reads from the header `request-id` only."""
    assert create(at)._request_id


@anthropic_messages("http-json-without-type")
def messages_raw_response(at: Place) -> None:
    """A raw response has its headers, and parses to the same answer."""
    raw = at.anthropic().messages.with_raw_response.create(model=at.messages, max_tokens=64, messages=user(PONG))
    assert raw.headers["content-type"].startswith("application/json")
    says(text_of(raw.parse()))


@anthropic_messages("messages-content-empty")
def messages_async_create(at: Place) -> None:
    """The asynchronous client gets ten answers at a time, each to its own question."""

    async def ask() -> list[Any]:
        async with at.anthropic_async() as client:
            prompts = [user(f"Reply with exactly: bird{number}") for number in range(10)]
            asked = [client.messages.create(model=at.messages, max_tokens=64, messages=turns) for turns in prompts]
            return list(await asyncio.gather(*asked))

    for number, message in enumerate(asyncio.run(ask())):
        says(text_of(message), f"bird{number}")


@anthropic_messages("messages-events-unnamed")
def messages_stream(at: Place) -> None:
    """A stream has its events in order, and all of them have names: the SDK drops others."""
    kinds = [event.type for event in create(at, stream=True)]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert "content_block_delta" in kinds


@anthropic_messages("messages-usage-lost-at-start")
def messages_stream_first_event(at: Place) -> None:
    """The first event arrives: a byte order mark makes the SDK lose it."""
    first = next(iter(create(at, stream=True)))
    assert first.type == "message_start"
    assert first.message.content == []
    assert first.message.usage.input_tokens > 0


@anthropic_messages("sse-end-without-data")
def messages_stream_last_event(at: Place) -> None:
    """The last event arrives: the SDK drops an event that no blank line ends, or that has no data."""
    assert list(create(at, stream=True))[-1].type == "message_stop"


@anthropic_messages("sse-done-named-on-messages")
def messages_stream_no_done(at: Place) -> None:
    """A stream has no end marker of OpenAI: the SDK raises for a named event with `[DONE]`."""
    assert text_of(create(at)) == "".join(
        event.delta.text for event in create(at, stream=True) if event.type == "content_block_delta"
    )


@anthropic_messages("http-text-cut-in-characters")
def messages_stream_is_utf_8(at: Place) -> None:
    """A streamed text in several scripts arrives whole."""
    with at.anthropic().messages.stream(model=at.messages, max_tokens=64, messages=user(BIRDS)) as stream:
        says("".join(stream.text_stream), "Grüße 🐦 an 鳥")


@anthropic_messages("messages-delta-text-lost")
def messages_stream_async(at: Place) -> None:
    """The asynchronous client reads a stream."""

    async def read() -> str:
        async with (
            at.anthropic_async() as client,
            client.messages.stream(model=at.messages, max_tokens=64, messages=user(PONG)) as stream,
        ):
            return "".join([text async for text in stream.text_stream])

    says(asyncio.run(read()))


@anthropic_messages("messages-usage-lost-at-end")
def messages_stream_helper(at: Place) -> None:
    """The helper builds the final message, with its usage and stop reason."""
    with at.anthropic().messages.stream(model=at.messages, max_tokens=64, messages=user(PONG)) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    says(text)
    assert text_of(final) == text
    assert final.stop_reason == "end_turn"
    assert final.usage.input_tokens > 0
    assert final.usage.output_tokens > 0


@anthropic_messages("messages-tool-partial-object")
def messages_stream_helper_tools(at: Place) -> None:
    """The helper builds the input of a tool from pieces of JSON."""
    with at.anthropic().messages.stream(
        model=at.messages, max_tokens=256, messages=user(QUESTION), tools=[MESSAGES_TOOL], tool_choice={"type": "any"}
    ) as stream:
        final = stream.get_final_message()
    [call] = [block for block in final.content if block.type == "tool_use"]
    assert call.id
    assert call.input == {"city": "Oslo"}
    assert final.stop_reason == "tool_use"


@anthropic_messages("messages-signature-late")
def messages_stream_helper_thinking(at: Place) -> None:
    """The helper builds the thinking block, with the signature that has to be sent back."""
    with at.anthropic().messages.stream(
        model=at.messages, max_tokens=2048, messages=user(PONG), thinking={"type": "adaptive"}
    ) as stream:
        final = stream.get_final_message()
    thought = [block for block in final.content if block.type == "thinking"]
    assert all(block.signature for block in thought)
    says(text_of(final))


@anthropic_messages("messages-format-dropped")
def messages_parse(at: Place) -> None:
    """An answer is parsed as the type that was asked for."""
    kind = person()
    message = at.anthropic().messages.parse(
        model=at.messages, max_tokens=256, messages=user("Extract: Ada is 36 years old."), output_format=kind
    )
    assert message.parsed_output == kind(name="Ada", age=36)


def _weather(calls: list[str]) -> Any:
    """A tool of the runner that notes what it was called with."""
    from anthropic import beta_tool

    def get_weather(city: str) -> str:
        calls.append(city)
        return "It is sunny; the code is 4711."

    return beta_tool(get_weather, description="Tells the weather in a city", input_schema=MESSAGES_TOOL["input_schema"])


@anthropic_messages("messages-tool-stop-end-turn")
def messages_tool_runner(at: Place) -> None:
    """The tool runner calls the tool, sends the result, and returns the last answer."""
    calls: list[str] = []
    runner = at.anthropic().beta.messages.tool_runner(
        model=at.messages, max_tokens=256, messages=user(QUESTION), tools=[_weather(calls)]
    )
    says(text_of(runner.until_done()), "sunny")
    assert calls == ["Oslo"]


@anthropic_messages("messages-tools-lost-streamed")
def messages_tool_runner_stream(at: Place) -> None:
    """The tool runner does the same with streams."""
    calls: list[str] = []
    runner = at.anthropic().beta.messages.tool_runner(
        model=at.messages, max_tokens=256, messages=user(QUESTION), tools=[_weather(calls)], stream=True
    )
    messages = [stream.get_final_message() for stream in runner]
    assert [message.stop_reason for message in messages] == ["tool_use", "end_turn"]
    assert calls == ["Oslo"]


@anthropic_messages("messages-first-result-emptied")
def messages_tool_loop(at: Place) -> None:
    """A tool is called, and its result comes back in the answer; the blocks are sent back as they were."""
    first = create(at, QUESTION, tools=[MESSAGES_TOOL], tool_choice={"type": "any"})
    [call] = [block for block in first.content if block.type == "tool_use"]
    assert call.input == {"city": "Oslo"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "It is sunny; the code is 4711."}
    turns = [*user(QUESTION), {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    says(text_of(create(at, turns, tools=[MESSAGES_TOOL])), "sunny")


@anthropic_messages("messages-signature-altered")
def messages_thinking_replayed(at: Place) -> None:
    """The thinking of a turn is accepted in the next one."""
    first = create(at, "My name is Ada.", max_tokens=2048, thinking={"type": "adaptive"})
    turns = [*user("My name is Ada."), {"role": "assistant", "content": first.content}, *user("What is my name?")]
    says(text_of(create(at, turns, max_tokens=2048, thinking={"type": "adaptive"})), "ada")


@anthropic_messages("asking-betas-refused")
def messages_beta(at: Place) -> None:
    """The beta client works: up to 1.17 it adds `?beta=true` to the path."""
    message = at.anthropic().beta.messages.create(
        model=at.messages, max_tokens=64, messages=user(PONG), betas=["context-management-2025-06-27"]
    )
    says(text_of(message))


@anthropic_messages("messages-system-list-dropped")
def messages_system_blocks(at: Place) -> None:
    """The system prompt may be a list of blocks with marks for the cache."""
    system = [{"type": "text", "text": "The code word is Pelican.", "cache_control": {"type": "ephemeral"}}]
    says(text_of(create(at, "What is the code word?", system=system)), "pelican")


@anthropic_messages("messages-content-blocks-refused")
def messages_image(at: Place) -> None:
    """A picture in base64 is accepted."""
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    says(text_of(create(at, [{"role": "user", "content": [picture, {"type": "text", "text": PONG}]}])))


@anthropic_messages("messages-cut-as-end-turn")
def messages_token_limit(at: Place) -> None:
    """An answer at the token limit has the stop reason `max_tokens`."""
    assert create(at, "Count from 1 to 200.", max_tokens=16).stop_reason == "max_tokens"


@anthropic_messages("messages-stop-sequences-dropped")
def messages_stop_sequence(at: Place) -> None:
    """A stop sequence ends the answer, and is named."""
    stopped = create(at, "Reply with exactly: one STOPHERE two", stop_sequences=["STOPHERE"])
    assert stopped.stop_reason == "stop_sequence"
    assert stopped.stop_sequence == "STOPHERE"
    assert "two" not in text_of(stopped)


@anthropic_messages("count-tokens-constant")
def messages_count_tokens(at: Place) -> None:
    """The tokens of a prompt are counted, and a longer prompt has more."""
    count = at.anthropic().messages.count_tokens
    short, long = (
        count(model=at.messages, messages=user(text)).input_tokens for text in ("Hello", "Hello there, you all " * 20)
    )
    assert 0 < short < long
