"""The body of a request with a prompt and its tools, in the form of each API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.core.model import JSON
from conformance.suite.tool_prompts import Prompt, Tool

MAX_TOKENS = 512
"""The limit of an answer: enough for four calls, and for a short text."""
_SYSTEM = (
    "You are a helpful assistant with tools. Use a tool where it helps. The number of this conversation is {word}."
)


def body(family: str, model: str, prompt: Prompt, word: str, streamed: bool) -> dict[str, JSON]:
    """The body. `word` makes each try unique, so that a cache cannot answer it."""
    made = {"model": model, "stream": streamed, **_BODIES[family](prompt, _SYSTEM.format(word=word))}
    # The budget counts the tokens that answers report, and these streams report none unless asked.
    return {**made, "stream_options": {"include_usage": True}} if streamed and family == "chat_completions" else made


def _chat(prompt: Prompt, system: str) -> dict[str, JSON]:
    return {
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.ask}],
        "tools": [{"type": "function", "function": _function(tool)} for tool in prompt.tools],
        "max_tokens": MAX_TOKENS,
    }


def _responses(prompt: Prompt, system: str) -> dict[str, JSON]:
    return {
        "instructions": system,
        "input": prompt.ask,
        # Responses makes functions strict unless told otherwise, the other APIs do not.
        "tools": [{"type": "function", **_function(tool), "strict": False} for tool in prompt.tools],
        "max_output_tokens": MAX_TOKENS,
        "store": False,
    }


def _messages(prompt: Prompt, system: str) -> dict[str, JSON]:
    return {
        "system": system,
        "messages": [{"role": "user", "content": prompt.ask}],
        "tools": [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in prompt.tools
        ],
        "max_tokens": MAX_TOKENS,
    }


def _function(tool: Tool) -> dict[str, JSON]:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


_BODIES: Mapping[str, Callable[[Prompt, str], dict[str, JSON]]] = {
    "chat_completions": _chat,
    "responses": _responses,
    "messages": _messages,
}
"""Family -> the members of the body for a prompt and a system prompt, beside the model and `stream`."""
