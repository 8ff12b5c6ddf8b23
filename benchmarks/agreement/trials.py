"""A client's own outcome with a fault: whether it gets its answers, calls its tools, and repeats their results.

The trial of an agent is one task with a tool. The trial of an SDK is a program that asks for a text and for a call,
with and without a stream.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.agreement.opencode import OPENCODE
from conformance.real_clients import namespace
from conformance.real_clients.agents import CLAUDE, CODEX, Agent
from conformance.real_clients.place import Place
from conformance.real_clients.prompts import CHAT_TOOL, MESSAGES_TOOL, QUESTION, RESPONSES_TOOL, user
from conformance.reference import reference_gateway
from conformance.reference.faults import ONE_SIDED
from conformance.reference.switch import HEADER, Switch
from tests.reference.test_faults import TIMED

SEED = 16
SIZE = 60
"""The number of faults for each client."""

FAMILIES = ("chat_completions", "responses", "messages")

Program = Callable[[Place], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """A client of the comparison: its ids in clients/ with the family that each is for."""

    name: str
    clients: Mapping[str, str]

    def faults(self, without: Collection[tuple[str, str]] = ()) -> list[tuple[str, str]]:
        """Pairs (client id, fault): a seeded sample of the faults of each family, SIZE of them in all.

        `without` are pairs that belong to another sample.
        """
        timed = {fault.id for fault in TIMED}
        pairs = []
        for client, family in self.clients.items():
            known = sorted(
                id_
                for id_, fault in ONE_SIDED.items()
                if fault.family == family and id_ not in timed and (client, id_) not in without
            )
            chosen = random.Random(SEED).sample(known, SIZE // len(self.clients))  # noqa: S311 (a sample)
            pairs += [(client, fault) for fault in sorted(chosen)]
        return pairs


TRIED = (
    Tried("Codex", {"codex": "responses"}),
    Tried("Claude Code", {"claude-code": "messages"}),
    Tried("OpenCode", {"opencode": "chat_completions"}),
    Tried(
        "OpenAI SDK for Python",
        {"openai-python-chat": "chat_completions", "openai-python-responses": "responses"},
    ),
    Tried("Anthropic SDK for Python", {"anthropic-python": "messages"}),
)


TEXT = "Pelicans fish in flocks, and herons fish alone."
SAY = f"Reply with exactly: {TEXT}"


def _says(text: str | None, expected: str = TEXT) -> None:
    """Raises AssertionError unless a text has what was asked for, once."""
    assert (text or "").count(expected) == 1, f"the answer is {text!r}"
    assert len(text or "") < len(expected) + 60, f"the answer is {text!r}"


def _chat(at: Place) -> None:
    client = at.openai(max_retries=2)
    tools: dict[str, Any] = {"tools": [CHAT_TOOL], "tool_choice": "required"}
    _says(client.chat.completions.create(model=at.chat, messages=user(SAY)).choices[0].message.content)
    stream = client.chat.completions.create(model=at.chat, messages=user(SAY), stream=True)
    _says("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
    history = user(QUESTION)
    first = client.chat.completions.create(model=at.chat, messages=history, **tools).choices[0].message
    [call] = first.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)["city"]) == ("get_weather", "Oslo")
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    history += [first.model_dump(exclude_none=True), result]
    _says(
        client.chat.completions.create(model=at.chat, messages=history, tools=[CHAT_TOOL]).choices[0].message.content,
        "sunny",
    )
    chunks = client.chat.completions.create(model=at.chat, messages=user(QUESTION), stream=True, **tools)
    parts = [part for chunk in chunks if chunk.choices for part in chunk.choices[0].delta.tool_calls or ()]
    assert [part.function.name for part in parts if part.function and part.function.name] == ["get_weather"]
    assert [part.id for part in parts if part.id]
    assert json.loads("".join(part.function.arguments or "" for part in parts if part.function))["city"] == "Oslo"


def _responses(at: Place) -> None:
    client = at.openai(max_retries=2)
    tools: dict[str, Any] = {"tools": [RESPONSES_TOOL], "tool_choice": "required", "store": False}
    _says(client.responses.create(model=at.responses, input=SAY).output_text)
    events = list(client.responses.create(model=at.responses, input=SAY, stream=True))
    _says("".join(event.delta for event in events if event.type == "response.output_text.delta"))
    _says(events[-1].response.output_text)
    history = user(QUESTION)
    first = client.responses.create(model=at.responses, input=history, **tools)
    [call] = [item for item in first.output if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)["city"]) == ("get_weather", "Oslo")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    history += [*[item.model_dump(exclude_none=True) for item in first.output], result]
    _says(client.responses.create(model=at.responses, input=history, tools=[RESPONSES_TOOL]).output_text, "sunny")
    events = list(client.responses.create(model=at.responses, input=QUESTION, stream=True, **tools))
    done = [event.item for event in events if event.type == "response.output_item.done"]
    [call] = [item for item in done if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)["city"]) == ("get_weather", "Oslo")
    assert call.call_id


def _messages(at: Place) -> None:
    client = at.anthropic(max_retries=2)
    usual: dict[str, Any] = {"model": at.messages, "max_tokens": 256}
    tools: dict[str, Any] = {"tools": [MESSAGES_TOOL], "tool_choice": {"type": "any"}}
    message = client.messages.create(messages=user(SAY), **usual)
    _says("".join(block.text for block in message.content if block.type == "text"))
    with client.messages.stream(messages=user(SAY), **usual) as stream:
        _says("".join(stream.text_stream))
        final = stream.get_final_message()
    _says("".join(block.text for block in final.content if block.type == "text"))
    first = client.messages.create(messages=user(QUESTION), **usual, **tools)
    [call] = [block for block in first.content if block.type == "tool_use"]
    assert (call.name, call.input["city"]) == ("get_weather", "Oslo")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    turns = [*user(QUESTION), {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    message = client.messages.create(messages=turns, tools=[MESSAGES_TOOL], **usual)
    _says("".join(block.text for block in message.content if block.type == "text"), "sunny")
    events = list(client.messages.create(messages=user(SAY), stream=True, **usual))
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    _says("".join(delta.text for delta in deltas if delta.type == "text_delta"))
    events = list(client.messages.create(messages=user(QUESTION), stream=True, **usual, **tools))
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    parts = "".join(delta.partial_json for delta in deltas if delta.type == "input_json_delta")
    assert json.loads(parts)["city"] == "Oslo"
    with client.messages.stream(messages=user(QUESTION), **usual, **tools) as stream:
        final = stream.get_final_message()
    [call] = [block for block in final.content if block.type == "tool_use"]
    assert (call.name, call.input["city"]) == ("get_weather", "Oslo")
    assert call.id


PROGRAMS: Mapping[str, Program] = {
    "openai-python-chat": _chat,
    "openai-python-responses": _responses,
    "anthropic-python": _messages,
}
AGENTS: Mapping[str, Agent] = {"codex": CODEX, "claude-code": CLAUDE, "opencode": OPENCODE}


class Trials:
    """A reference gateway with a fault for each request, and the clients in front of it."""

    def __init__(self, place: Place, inside: namespace.Namespace | None) -> None:
        self._place = place
        self._inside = inside

    def works(self, client: str, fault: str) -> tuple[bool, str]:
        """Whether the client does its task with a fault ("" for none), and how it fails."""
        place = replace(self._place, headers={HEADER: fault} if fault else {})
        try:
            if client in PROGRAMS:
                PROGRAMS[client](place)
            else:
                self._task(AGENTS[client], place)
        except Exception as error:
            return False, f"{type(error).__name__}: {error}".splitlines()[0][:160]
        finally:
            place.close()
        return True, ""

    def _task(self, agent: Agent, place: Place) -> None:
        """The agent lists its folder, which has one file, and repeats the result."""
        assert self._inside is not None
        tool, argument = agent.tool
        with agent.desk(place, self._inside) as desk:
            (desk.folder / "pelican.txt").touch()
            answer = desk.ask(f"Call {tool} with {argument} set to ls, then repeat the result.")
        assert answer.succeeded, "the agent fails"
        for word in ("result", "pelican.txt"):
            assert answer.text.count(word) == 1, f"the answer is {answer.text!r}"


@contextmanager
def trials(clients: Sequence[str]) -> Iterator[Trials]:
    """Starts the gateway, and a namespace if an agent is among the clients."""
    with ExitStack() as stack:
        running = stack.enter_context(reference_gateway(pace=0, around=Switch(haste=100)))
        agents = any(client in AGENTS for client in clients)
        inside = stack.enter_context(namespace.entered(running.base_url)) if agents else None
        yield Trials(Place(running.base_url, running.key, dict.fromkeys(FAMILIES, running.models[0])), inside)
