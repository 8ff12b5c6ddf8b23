"""Chat Completions through the OpenAI SDK.

What the SDK depends on was measured with openai 3.54 and 2.54: its decoder of streams (`_streaming.py`), its
accumulator (`lib/streaming/chat`), and `_base_client.py`.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial

from conformance.real_clients.place import Place
from conformance.real_clients.prompts import BIRDS, CHAT_TOOL, LINE_SEPARATOR, PONG, QUESTION, person, says, user
from conformance.real_clients.scenario import scenario

openai_chat = partial(scenario, "openai")


@openai_chat("chat-usage-lost")
def chat_create(at: Place) -> None:
    """An answer has the text, a finish reason and the usage."""
    completion = at.openai().chat.completions.create(model=at.chat, messages=user(PONG))
    says(completion.choices[0].message.content)
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


@openai_chat("http-request-id-lost")
def chat_request_id(at: Place) -> None:
    """An answer has a request id, which users give to the support."""
    assert at.openai().chat.completions.create(model=at.chat, messages=user(PONG))._request_id


@openai_chat("http-json-as-text")
def chat_raw_response(at: Place) -> None:
    """A raw response has its headers, and parses to the same answer."""
    raw = at.openai().chat.completions.with_raw_response.create(model=at.chat, messages=user(PONG))
    assert raw.headers["content-type"].startswith("application/json")
    says(raw.parse().choices[0].message.content)


@openai_chat("http-json-of-python")
def chat_streaming_response(at: Place) -> None:
    """A response that is read piece by piece is one JSON document."""
    with at.openai().chat.completions.with_streaming_response.create(model=at.chat, messages=user(PONG)) as raw:
        document = json.loads("".join(raw.iter_text()))
    says(document["choices"][0]["message"]["content"])


@openai_chat("chat-content-empty")
def chat_async_create(at: Place) -> None:
    """The asynchronous client gets ten answers at a time, each to its own question."""

    async def ask() -> list[str]:
        async with at.openai_async() as client:
            prompts = [f"Reply with exactly: bird{number}" for number in range(10)]
            asked = [client.chat.completions.create(model=at.chat, messages=user(prompt)) for prompt in prompts]
            return [answer.choices[0].message.content for answer in await asyncio.gather(*asked)]

    for number, text in enumerate(asyncio.run(ask())):
        says(text, f"bird{number}")


@openai_chat("chat-stream-text-lost")
def chat_stream(at: Place) -> None:
    """A stream has the text in pieces, one finish reason, and an end."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(PONG), stream=True)
    chunks = [chunk for chunk in stream if chunk.choices]
    says("".join(chunk.choices[0].delta.content or "" for chunk in chunks))
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]


@openai_chat("chat-stream-id-changes")
def chat_stream_one_identity(at: Place) -> None:
    """All chunks have the id of one completion."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(PONG), stream=True)
    ids = {chunk.id for chunk in stream}
    assert len(ids) == 1
    assert all(ids)


@openai_chat("chat-include-usage-ignored")
def chat_stream_usage(at: Place) -> None:
    """With `include_usage`, the last chunk has the usage and no choices."""
    stream = at.openai().chat.completions.create(
        model=at.chat, messages=user(PONG), stream=True, stream_options={"include_usage": True}
    )
    last = list(stream)[-1]
    assert last.choices == []
    assert last.usage.total_tokens > 0


@openai_chat("sse-byte-order-mark")
def chat_stream_first_event(at: Place) -> None:
    """The first chunk has the role: a byte order mark makes the SDK lose this event."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(PONG), stream=True)
    assert next(iter(stream)).choices[0].delta.role == "assistant"


@openai_chat("sse-two-chunks-in-one-event")
def chat_stream_one_document(at: Place) -> None:
    """Each event has one JSON document: the SDK raises for two of them without a blank line between."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user("Count from 1 to 20."), stream=True)
    says("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices), "19, 20")


@openai_chat("sse-keepalive-with-empty-data")
def chat_stream_no_empty_events(at: Place) -> None:
    """An event has data: the SDK raises for keep-alives that are events without data."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(PONG), stream=True)
    assert all(chunk.object == "chat.completion.chunk" for chunk in stream)


@openai_chat("sse-comment-after-id")
def chat_stream_comments(at: Place) -> None:
    """Comments and ids between events do not end the stream: the SDK raises for a block that has an id and no data."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(QUESTION), stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@openai_chat("sse-data-a-list")
def chat_stream_data_is_an_object(at: Place) -> None:
    """The data of an event is an object: the SDK raises for a list."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(PONG), stream=True)
    assert all(chunk.model_dump()["id"] for chunk in stream)


@openai_chat("chat-report-lossy-decoding")
def chat_stream_is_utf_8(at: Place) -> None:
    """A streamed text in several scripts arrives whole: the SDK raises for bytes that are not UTF-8."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(BIRDS), stream=True)
    says("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices), "Grüße 🐦 an 鳥")


@openai_chat("sse-json-over-bare-lines")
def chat_stream_line_separator(at: Place) -> None:
    """U+2028 in a streamed text does not end a line."""
    stream = at.openai().chat.completions.create(model=at.chat, messages=user(LINE_SEPARATOR), stream=True)
    says("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices), "one\u2028two")


@openai_chat("chat-stream-empty")
def chat_stream_async(at: Place) -> None:
    """The asynchronous client reads a stream."""

    async def read() -> str:
        async with at.openai_async() as client:
            stream = await client.chat.completions.create(model=at.chat, messages=user(PONG), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])

    says(asyncio.run(read()))


@openai_chat("chat-stream-role-doubled")
def chat_stream_helper(at: Place) -> None:
    """The helper builds the final completion: the role is sent once, or it is repeated in the result."""
    with at.openai().chat.completions.stream(model=at.chat, messages=user(PONG)) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "content.delta" in kinds
    assert "content.done" in kinds
    says(final.choices[0].message.content)
    assert final.choices[0].message.role == "assistant"
    assert final.choices[0].finish_reason == "stop"


@openai_chat("chat-tool-index-lost")
def chat_stream_helper_tools(at: Place) -> None:
    """The helper builds the calls of tools from their fragments."""
    with at.openai().chat.completions.stream(
        model=at.chat, messages=user(QUESTION), tools=[CHAT_TOOL], tool_choice="required"
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].finish_reason in ("tool_calls", "stop")
    [call] = final.choices[0].message.tool_calls
    assert call.id
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Oslo"}


@openai_chat("chat-usage-after-done")
def chat_stream_helper_usage(at: Place) -> None:
    """The helper's final completion has the usage."""
    with at.openai().chat.completions.stream(
        model=at.chat, messages=user(PONG), stream_options={"include_usage": True}
    ) as stream:
        usage = stream.get_final_completion().usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0


@openai_chat("chat-json-schema-ignored")
def chat_stream_helper_parsed(at: Place) -> None:
    """The helper parses a streamed answer as the type that was asked for."""
    kind = person()
    with at.openai().chat.completions.stream(
        model=at.chat, messages=user("Extract: Ada is 36 years old."), response_format=kind
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.parsed == kind(name="Ada", age=36)


@openai_chat("chat-json-schema-ignored")
def chat_parse(at: Place) -> None:
    """An answer is parsed as the type that was asked for."""
    kind = person()
    completion = at.openai().chat.completions.parse(
        model=at.chat, messages=user("Extract: Ada is 36 years old."), response_format=kind
    )
    assert completion.choices[0].message.parsed == kind(name="Ada", age=36)


@openai_chat("chat-finish-stop-at-limit")
def chat_parse_cut(at: Place) -> None:
    """An answer that the token limit cuts says so: `parse` raises LengthFinishReasonError, not an error of JSON."""
    import openai

    try:
        at.openai().chat.completions.parse(
            model=at.chat,
            messages=user("Extract: Ada is 36 years old."),
            response_format=person(),
            max_completion_tokens=1,
        )
    except openai.LengthFinishReasonError:
        return
    raise AssertionError("the answer is not cut")


@openai_chat("chat-tools-ignored")
def chat_tool_loop(at: Place) -> None:
    """A tool is called, and its result comes back in the answer."""
    client = at.openai()
    history = user(QUESTION)
    first = client.chat.completions.create(
        model=at.chat, messages=history, tools=[CHAT_TOOL], tool_choice="required"
    ).choices[0]
    [call] = first.message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "It is sunny; the code is 4711."}
    history += [first.message.model_dump(exclude_none=True), result]
    final = client.chat.completions.create(model=at.chat, messages=history, tools=[CHAT_TOOL])
    says(final.choices[0].message.content, "sunny")


@openai_chat("chat-fragment-id-lost")
def chat_tool_stream(at: Place) -> None:
    """A streamed call has its id and name first, and then the arguments under one index."""
    stream = at.openai().chat.completions.create(
        model=at.chat, messages=user(QUESTION), tools=[CHAT_TOOL], tool_choice="required", stream=True
    )
    deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]
    parts = [part for delta in deltas for part in delta.tool_calls or ()]
    assert {part.index for part in parts} == {0}
    assert parts[0].id
    assert parts[0].function.name == "get_weather"
    assert json.loads("".join(part.function.arguments or "" for part in parts)) == {"city": "Oslo"}


@openai_chat("chat-report-developer-refused")
def chat_developer_message(at: Place) -> None:
    """A developer message is accepted."""
    told = [{"role": "developer", "content": "The code word is Pelican."}, *user("What is the code word?")]
    says(at.openai().chat.completions.create(model=at.chat, messages=told).choices[0].message.content, "pelican")


@openai_chat("chat-first-text-part-only")
def chat_text_parts(at: Place) -> None:
    """A message may be a list of texts."""
    parts = [{"type": "text", "text": "My name is Ada."}, {"type": "text", "text": "What is my name?"}]
    asked = [{"role": "user", "content": parts}]
    says(at.openai().chat.completions.create(model=at.chat, messages=asked).choices[0].message.content, "ada")


@openai_chat("chat-history-dropped")
def chat_history(at: Place) -> None:
    """An earlier turn is remembered."""
    turns = [*user("My name is Ada."), {"role": "assistant", "content": "Hello."}, *user("What is my name?")]
    says(at.openai().chat.completions.create(model=at.chat, messages=turns).choices[0].message.content, "ada")


@openai_chat("chat-max-completion-tokens-ignored")
def chat_token_limit(at: Place) -> None:
    """An answer at the token limit has the finish reason `length`."""
    cut = at.openai().chat.completions.create(
        model=at.chat, messages=user("Count from 1 to 200."), max_completion_tokens=16
    )
    assert cut.choices[0].finish_reason == "length"


@openai_chat("routing-query-counts-chat")
def chat_extra_fields(at: Place) -> None:
    """Extra headers and query parameters of the user do no harm."""
    completion = at.openai().chat.completions.create(
        model=at.chat, messages=user(PONG), extra_headers={"x-trace": "1"}, extra_query={"trace": "1"}
    )
    says(completion.choices[0].message.content)
