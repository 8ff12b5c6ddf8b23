"""Responses through the OpenAI SDK.

What the SDK depends on was measured with openai 3.54 and 2.54: the accumulator of `responses.stream()`
(`lib/streaming/responses`) raises for events that are out of order.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from itertools import pairwise

from conformance.real_clients.place import Place
from conformance.real_clients.prompts import BIRDS, PONG, QUESTION, RESPONSES_TOOL, person, says, user
from conformance.real_clients.scenario import scenario

openai_responses = partial(scenario, "openai")


@openai_responses("responses-usage-lost")
def responses_create(at: Place) -> None:
    """An answer has its text as `output_text`, a status and the usage."""
    response = at.openai().responses.create(model=at.responses, input=PONG)
    says(response.output_text)
    assert response.status == "completed"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens


@openai_responses("http-request-id-lost")
def responses_raw_response(at: Place) -> None:
    """A raw response has a request id in its headers."""
    raw = at.openai().responses.with_raw_response.create(model=at.responses, input=PONG)
    assert raw.headers["x-request-id"]
    says(raw.parse().output_text)


@openai_responses("responses-created-dropped")
def responses_stream(at: Place) -> None:
    """A stream begins with `response.created`, and ends with the whole response."""
    events = list(at.openai().responses.create(model=at.responses, input=PONG, stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    says("".join(event.delta for event in events if event.type == "response.output_text.delta"))
    says(events[-1].response.output_text)


@openai_responses("responses-sequence-constant")
def responses_stream_order(at: Place) -> None:
    """The events of a stream are numbered in their order."""
    events = list(at.openai().responses.create(model=at.responses, input=PONG, stream=True))
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(set(numbers))


@openai_responses("responses-new-id-at-end")
def responses_stream_one_identity(at: Place) -> None:
    """All events have the id of one response."""
    events = list(at.openai().responses.create(model=at.responses, input=PONG, stream=True))
    assert len({event.response.id for event in events if hasattr(event, "response")}) == 1


@openai_responses("responses-item-id-changes")
def responses_stream_items(at: Place) -> None:
    """An item has the same id in all events."""
    events = list(at.openai().responses.create(model=at.responses, input=PONG, stream=True))
    added = [event.item.id for event in events if event.type == "response.output_item.added"]
    done = [event.item.id for event in events if event.type == "response.output_item.done"]
    assert added == done == [item.id for item in events[-1].response.output]
    assert {event.item_id for event in events if event.type == "response.output_text.delta"} <= set(added)


@openai_responses("sse-last-blank-line-missing")
def responses_stream_last_event(at: Place) -> None:
    """The last event arrives: the SDK drops an event that no blank line ends."""
    events = list(at.openai().responses.create(model=at.responses, input=PONG, stream=True))
    assert events[-1].response.usage.output_tokens > 0


@openai_responses("sse-keepalive-without-data")
def responses_stream_no_empty_events(at: Place) -> None:
    """An event has data: the SDK raises for keep-alives that have a name only."""
    assert all(event.type for event in at.openai().responses.create(model=at.responses, input=PONG, stream=True))


@openai_responses("responses-delta-bytes-lost")
def responses_stream_is_utf_8(at: Place) -> None:
    """A streamed text in several scripts arrives whole."""
    stream = at.openai().responses.create(model=at.responses, input=BIRDS, stream=True)
    says("".join(event.delta for event in stream if event.type == "response.output_text.delta"), "Grüße 🐦 an 鳥")


@openai_responses("responses-delta-dropped")
def responses_stream_async(at: Place) -> None:
    """The asynchronous client reads a stream."""

    async def read() -> str:
        async with at.openai_async() as client:
            stream = await client.responses.create(model=at.responses, input=PONG, stream=True)
            return "".join([event.delta async for event in stream if event.type == "response.output_text.delta"])

    says(asyncio.run(read()))


@openai_responses("responses-part-added-dropped")
def responses_stream_helper(at: Place) -> None:
    """The helper builds the final response: items and parts are added before their text arrives."""
    with at.openai().responses.stream(model=at.responses, input=PONG) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert {"response.output_text.delta", "response.output_text.done", "response.completed"} <= kinds
    says(final.output_text)


@openai_responses("responses-deltas-cumulative")
def responses_stream_helper_snapshot(at: Place) -> None:
    """The helper's texts grow to the final one."""
    with at.openai().responses.stream(model=at.responses, input="Count from 1 to 20.") as stream:
        texts = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert texts[-1] == final.output_text


@openai_responses("responses-arguments-dropped")
def responses_stream_helper_tools(at: Place) -> None:
    """The helper builds the calls of tools."""
    with at.openai().responses.stream(
        model=at.responses, input=QUESTION, tools=[RESPONSES_TOOL], tool_choice="required"
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert "response.function_call_arguments.delta" in kinds
    [call] = [item for item in final.output if item.type == "function_call"]
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"city": "Oslo"}


@openai_responses("responses-format-dropped")
def responses_stream_helper_parsed(at: Place) -> None:
    """The helper parses a streamed answer as the type that was asked for."""
    kind = person()
    with at.openai().responses.stream(
        model=at.responses, input="Extract: Ada is 36 years old.", text_format=kind
    ) as stream:
        final = stream.get_final_response()
    assert final.output_parsed == kind(name="Ada", age=36)


@openai_responses("responses-format-dropped")
def responses_parse(at: Place) -> None:
    """An answer is parsed as the type that was asked for."""
    kind = person()
    response = at.openai().responses.parse(model=at.responses, input="Extract: Ada is 36 years old.", text_format=kind)
    assert response.output_parsed == kind(name="Ada", age=36)


@openai_responses("responses-tools-dropped")
def responses_tool_loop(at: Place) -> None:
    """A tool is called, and its result comes back in the answer; the output is sent back as it was."""
    client = at.openai()
    history = user(QUESTION)
    first = client.responses.create(
        model=at.responses, input=history, tools=[RESPONSES_TOOL], tool_choice="required", store=False
    )
    [call] = [item for item in first.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "It is sunny; the code is 4711."}
    history += [*[item.model_dump(exclude_none=True) for item in first.output], result]
    says(
        client.responses.create(model=at.responses, input=history, tools=[RESPONSES_TOOL], store=False).output_text,
        "sunny",
    )


@openai_responses("responses-untyped-input-refused")
def responses_plain_messages(at: Place) -> None:
    """A message of the input needs no type."""
    told = [{"role": "developer", "content": "The code word is Pelican."}, *user("What is the code word?")]
    says(at.openai().responses.create(model=at.responses, input=told).output_text, "pelican")


@openai_responses("responses-instructions-dropped")
def responses_instructions(at: Place) -> None:
    """Instructions reach the model."""
    told = at.openai().responses.create(
        model=at.responses, instructions="The code word is Pelican.", input="What is the code word?"
    )
    says(told.output_text, "pelican")


@openai_responses("responses-cut-reason-lost")
def responses_token_limit(at: Place) -> None:
    """An answer at the token limit is incomplete, and says why."""
    cut = at.openai().responses.create(model=at.responses, input="Count from 1 to 200.", max_output_tokens=16)
    assert cut.status == "incomplete"
    assert cut.incomplete_details.reason == "max_output_tokens"
