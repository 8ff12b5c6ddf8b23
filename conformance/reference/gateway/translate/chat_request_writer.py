"""Chat Completions requests, written from an `Ask`.

Source: `openai/types/chat/completion_create_params.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.core.model import JSON
from conformance.reference.gateway.translate.ask import (
    BREAKPOINT,
    Ask,
    Call,
    File,
    Image,
    Output,
    Part,
    Result,
    Text,
    Tool,
    Turn,
    WebSearch,
)
from conformance.reference.gateway.translate.fates import history, openai_shared, refused

_MOST_STOPS = 4


def write(ask: Ask, family: str) -> dict[str, Any]:
    """The body of the request. Raises UnusableError in the words of `family` for what has no counterpart."""
    if len(ask.stop) > _MOST_STOPS:
        raise refused(family, "stop_sequences", f"more than {_MOST_STOPS} of them")
    if ask.cap == 0:
        raise refused(family, "max_tokens", "0")
    choice = ask.choice
    optional: dict[str, JSON] = {
        "tools": [_written_tool(tool) for tool in ask.tools] or None,
        "tool_choice": _written_choice(ask) if ask.tools else None,
        "web_search_options": _web_search(ask.web, family) if ask.web and not (choice and choice.only) else None,
        "parallel_tool_calls": ask.parallel if ask.tools else None,
        "max_completion_tokens": ask.cap,
        "stop": list(ask.stop) or None,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "response_format": _written_output(ask.output) if ask.output else None,
        "reasoning_effort": ask.effort,
        "logprobs": True if ask.logprobs else None,
        "top_logprobs": ask.top_logprobs if ask.logprobs else None,
        "verbosity": ask.verbosity,
        **openai_shared(ask),
        "stream": True if ask.stream else None,
        "stream_options": {"include_usage": True, **_obfuscation(ask)} if ask.stream else None,
    }
    messages = [*_system(ask), *(message for turn in ask.turns for message in _messages(turn, family))]
    return {"model": ask.model, "messages": messages, **{k: v for k, v in optional.items() if v is not None}}


def _obfuscation(ask: Ask) -> dict[str, JSON]:
    return {} if ask.obfuscation is None else {"include_obfuscation": ask.obfuscation}


def _system(ask: Ask) -> Iterator[JSON]:
    for text in ask.system:
        yield {"role": "system", "content": text}


def _messages(turn: Turn, family: str) -> Iterator[JSON]:
    if turn.role == "tool":
        yield from _results(turn, family)
    elif turn.role == "assistant":
        yield from _assistant(turn)
    elif turn.role == "system":
        yield {"role": "system", "content": "\n".join(part.text for part in turn.parts if isinstance(part, Text))}
    else:
        yield {"role": "user", "content": _content(turn.parts, family)}


def _results(turn: Turn, family: str) -> Iterator[JSON]:
    """A tool message has only texts, so pictures and files follow in a message of the user."""
    more: list[Part] = []
    for result in turn.parts:
        if isinstance(result, Result):
            texts = [part.text for part in result.parts if isinstance(part, Text)]
            yield {"role": "tool", "tool_call_id": result.id, "content": "\n".join(texts)}
            more += [part for part in result.parts if not isinstance(part, Text)]
    if more:
        yield {"role": "user", "content": _content(tuple(more), family)}


def _assistant(turn: Turn) -> Iterator[JSON]:
    texts = [part.text for part in turn.parts if isinstance(part, Text) and not part.refusal]
    refusals = [part.text for part in turn.parts if isinstance(part, Text) and part.refusal]
    calls = [_written_call(part) for part in turn.parts if isinstance(part, Call)]
    message: dict[str, JSON] = {"role": "assistant", "content": "".join(texts) if texts else None}
    if refusals:
        message["refusal"] = "".join(refusals)
    if calls:
        message["tool_calls"] = calls
    if texts or refusals or calls:
        yield message


def _content(parts: tuple[Part, ...], family: str) -> JSON:
    if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].cached:
        return parts[0].text
    return [_written_part(part, family) for part in parts]


def _written_part(part: Part, family: str) -> JSON:
    if isinstance(part, Image):
        detail = {"detail": part.detail} if part.detail else {}
        return {"type": "image_url", "image_url": {"url": part.url, **detail}}
    if isinstance(part, File):
        if part.url and not part.url.startswith("data:"):
            raise refused(family, history(family), "a file with a URL")
        fields = {"file_data": part.url, "filename": part.name, "file_id": part.id}
        return {"type": "file", "file": {name: value for name, value in fields.items() if value}}
    if not isinstance(part, Text):
        return {"type": "text", "text": ""}
    return {"type": "text", "text": part.text, **({"prompt_cache_breakpoint": BREAKPOINT} if part.cached else {})}


def _written_call(call: Call) -> JSON:
    if call.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _written_tool(tool: Tool) -> JSON:
    if tool.custom:
        format_ = _nested_format(tool.format)
        inner = {"name": tool.name, "description": tool.description, "format": format_}
    else:
        inner = {"name": tool.name, "description": tool.description, "parameters": tool.schema, "strict": tool.strict}
    kind = "custom" if tool.custom else "function"
    return {"type": kind, kind: {name: value for name, value in inner.items() if value is not None}}


def _nested_format(given: JSON) -> JSON:
    if isinstance(given, dict) and given.get("type") == "grammar":
        return {"type": "grammar", "grammar": {name: value for name, value in given.items() if name != "type"}}
    return given


def _web_search(web: WebSearch, family: str) -> JSON:
    if web.domains:
        raise refused(family, f"{web.path}.filters")
    place = {"user_location": {"type": "approximate", "approximate": dict(web.place)}} if web.place else {}
    return {**place, **({"search_context_size": web.size} if web.size else {})}


def _written_choice(ask: Ask) -> JSON:
    choice = ask.choice
    if choice is None:
        return None
    kinds = {tool.name: "custom" if tool.custom else "function" for tool in ask.tools}
    named = [{"type": kinds.get(name, "function"), kinds.get(name, "function"): {"name": name}} for name in choice.only]
    mode = {"auto": "auto", "any": "required", "none": "none"}[choice.mode]
    if choice.named:
        return named[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": named}} if named else mode


def _written_output(output: Output) -> JSON:
    if output.schema is None:
        return {"type": "json_object"}
    fields = {"name": output.name or "answer", "description": output.description, "schema": output.schema,
              "strict": output.strict}  # fmt: skip
    return {"type": "json_schema", "json_schema": {name: value for name, value in fields.items() if value is not None}}
