"""The conversation of an agent with a model: tools are offered, used, and answered; in the form of each API.

Each session has a mark of its own, which is in its prompts. A mark says which session it is of, so that an answer with
the mark of another session is recognised without a list of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.core.canary import TOKEN, token
from conformance.core.model import JSON, Answer

MAX_TOKENS = 256
_MARK = re.compile(rf"({TOKEN})-(\d{{1,9}})")
_SYSTEM = "You are an agent. Use the tool look_up when you are told to. Answer with few words."
_ABOUT = "Returns the value that is stored under a key."
_SCHEMA: JSON = {
    "type": "object",
    "properties": {"key": {"type": "string", "description": "The key to look up."}},
    "required": ["key"],
    "additionalProperties": False,
}


def word(seed: str, session: int) -> str:
    """The token of a session, which the scripted provider recognises."""
    return token(f"soak {seed} {session}")


def mark(seed: str, session: int) -> str:
    """The mark of a session: its token and its number."""
    return f"{word(seed, session)}-{session}"


def foreign(text: str, seed: str, session: int) -> Iterator[str]:
    """The marks of other sessions of this soak in a text. A misspelled mark is of no session."""
    for found in _MARK.finditer(text):
        number = int(found[2])
        if number != session and found[1] == word(seed, number):
            yield found[0]


@dataclass(slots=True)
class Talk:
    """A conversation at an endpoint, as the `messages` or the `input` of its API."""

    family: str
    model: str
    mark: str
    items: list[JSON] = field(default_factory=list)
    turns: int = 0

    def ask(self) -> None:
        """Adds a message of the user: in turns, to use the tool, and to repeat the mark."""
        asks = f"Call look_up with key: {self.mark}", f"Reply with exactly: {self.mark}"
        self.items.append({"role": "user", "content": asks[self.turns % 2]})
        self.turns += 1

    def go_on(self, answer: Answer) -> None:
        """Adds the model's answer, and the results of its calls or another message of the user."""
        said, results = _FORMS[self.family]
        self.items += said(answer)
        if answer.tool_calls:
            self.items += results(answer, f"The value is {self.mark}.")
        else:
            self.ask()

    def body(self) -> dict[str, JSON]:
        """The body of the next request."""
        return {"model": self.model, "stream": True, **_BODIES[self.family](list(self.items))}


def _chat_said(answer: Answer) -> list[JSON]:
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _text(call.arguments)}}
        for call in answer.tool_calls
    ]
    return [{"role": "assistant", "content": answer.text or None, **({"tool_calls": calls} if calls else {})}]


def _chat_results(answer: Answer, result: str) -> list[JSON]:
    return [{"role": "tool", "tool_call_id": call.id, "content": result} for call in answer.tool_calls]


def _responses_said(answer: Answer) -> list[JSON]:
    said: list[JSON] = [{"role": "assistant", "content": answer.text}] if answer.text else []
    for call in answer.tool_calls:
        named = {"type": "function_call", "call_id": call.id, "name": call.name}
        said.append({**named, "arguments": _text(call.arguments)})
    return said


def _responses_results(answer: Answer, result: str) -> list[JSON]:
    return [{"type": "function_call_output", "call_id": call.id, "output": result} for call in answer.tool_calls]


def _messages_said(answer: Answer) -> list[JSON]:
    blocks: list[JSON] = [{"type": "text", "text": answer.text}] if answer.text else []
    for call in answer.tool_calls:
        arguments = call.arguments if isinstance(call.arguments, dict) else {}
        blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments})
    return [{"role": "assistant", "content": blocks}]


def _messages_results(answer: Answer, result: str) -> list[JSON]:
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": result} for call in answer.tool_calls]
    return [{"role": "user", "content": results}]


def _text(arguments: JSON) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


_FORMS: Mapping[str, tuple[Callable[[Answer], list[JSON]], Callable[[Answer, str], list[JSON]]]] = {
    "chat_completions": (_chat_said, _chat_results),
    "responses": (_responses_said, _responses_results),
    "messages": (_messages_said, _messages_results),
}
"""Family -> the model's answer, and the results of its calls, as items of a conversation."""

_BODIES: Mapping[str, Callable[[list[JSON]], dict[str, JSON]]] = {
    "chat_completions": lambda items: {
        "messages": [{"role": "system", "content": _SYSTEM}, *items],
        "tools": [{"type": "function", "function": {"name": "look_up", "description": _ABOUT, "parameters": _SCHEMA}}],
        "max_tokens": MAX_TOKENS,
    },
    "responses": lambda items: {
        "instructions": _SYSTEM,
        "input": items,
        "tools": [{"type": "function", "name": "look_up", "description": _ABOUT, "parameters": _SCHEMA}],
        "max_output_tokens": MAX_TOKENS,
        "store": False,
    },
    "messages": lambda items: {
        "system": _SYSTEM,
        "messages": items,
        "tools": [{"name": "look_up", "description": _ABOUT, "input_schema": _SCHEMA}],
        "max_tokens": MAX_TOKENS,
    },
}
"""Family -> the members of the body for a conversation, beside the model and `stream`."""
