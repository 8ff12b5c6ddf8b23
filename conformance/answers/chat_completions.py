"""What a chat completion says, and what the chunks of a stream add up to.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and the accumulation in openai-python,
openai/lib/streaming/_deltas.py. Where that one breaks on a stream, this one takes what a person would: the
first id and name of a tool call, the first role. What was wrong with the stream is for the checks to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.model import JSON, Answer, ToolCall
from conformance.pointer import get, is_kind

_HEAD = ("id", "created", "model", "service_tier", "system_fingerprint")
_REASONING = ("reasoning_content", "reasoning")
"""What gateways call the reasoning that they add to a message; OpenAI's own API shows none."""


def assemble(events: Sequence[JSON]) -> JSON:
    """The completion that a stream adds up to, with the `error` that ended it, if one did; None without a chunk."""
    chunks = [event for event in events if get(event, "/choices", list) is not None]
    error = next((event["error"] for event in events if get(event, "/error", object)), None)
    if not chunks and error is None:
        return None
    head = chunks[0] if chunks else {}
    final: dict[str, JSON] = {key: head[key] for key in _HEAD if key in head}
    final |= {"object": "chat.completion", "choices": _choices(chunks), "usage": _usage(chunks)}
    return final if error is None else final | {"error": error}


def answer(final: JSON) -> Answer:
    """What the first choice says; `choices` counts them all."""
    choices = get(final, "/choices", list) or []
    message = get(final, "/choices/0/message", dict) or {}
    return Answer(
        text=_text(message, "content"),
        tool_calls=tuple(_calls(message)),
        stop=get(final, "/choices/0/finish_reason", str),
        refusal=_text(message, "refusal"),
        reasoning=next((text for key in _REASONING if (text := _text(message, key))), ""),
        choices=len(choices),
        input_tokens=get(final, "/usage/prompt_tokens", int),
        output_tokens=get(final, "/usage/completion_tokens", int),
    )


def fragments(events: Iterable[JSON]) -> Iterator[tuple[int, JSON]]:
    """(index, choice) for each choice of each chunk that has an index, in order."""
    for event in events:
        choices = event.get("choices") if isinstance(event, dict) else None
        for choice in choices if isinstance(choices, list) else ():
            index = choice.get("index") if isinstance(choice, dict) else None
            if isinstance(index, int) and is_kind(index, int):
                yield index, choice


def _calls(message: JSON) -> Iterator[ToolCall]:
    for call in get(message, "/tool_calls", list) or ():
        kind = "custom" if get(call, "/custom", dict) is not None else "function"
        arguments = get(call, "/custom/input" if kind == "custom" else "/function/arguments", object)
        yield ToolCall(_text(call, "id"), get(call, f"/{kind}/name", str) or "", arguments)
    if legacy := get(message, "/function_call", dict):
        yield ToolCall("", _text(legacy, "name"), legacy.get("arguments"))


def _text(document: JSON, key: str) -> str:
    return get(document, f"/{key}", str) or ""


def _usage(chunks: Sequence[JSON]) -> JSON:
    return next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage") is not None), None)


def _choices(chunks: Sequence[JSON]) -> list[JSON]:
    parts: dict[int, list[JSON]] = {}
    for index, part in fragments(chunks):
        parts.setdefault(index, []).append(part)
    return [_choice(index, parts[index]) for index in sorted(parts)]


def _choice(index: int, parts: list[JSON]) -> JSON:
    deltas = [part["delta"] for part in parts if isinstance(part.get("delta"), dict)]
    reason = next((part["finish_reason"] for part in parts if part.get("finish_reason")), None)
    return {"index": index, "message": _message(deltas), "logprobs": _logprobs(parts), "finish_reason": reason}


def _message(deltas: list[dict[str, JSON]]) -> JSON:
    message: dict[str, JSON] = {"role": _first(deltas, "role"), "content": None, "refusal": None}
    message |= {key: value for key, value in _joined(deltas).items() if key != "role"}
    if calls := _tool_calls(deltas):
        message["tool_calls"] = calls
    for key in ("function_call", "audio"):
        if parts := [delta[key] for delta in deltas if isinstance(delta.get(key), dict)]:
            message[key] = _whole(parts, once=("id",))
    return message


def _tool_calls(deltas: list[dict[str, JSON]]) -> list[JSON]:
    parts: dict[Any, list[dict[str, JSON]]] = {}
    for delta in deltas:
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                index = call.get("index")
                parts.setdefault(index if isinstance(index, int | str) else None, []).append(call)
    return [_tool_call(found) for found in parts.values()]


def _tool_call(parts: list[dict[str, JSON]]) -> JSON:
    call: dict[str, JSON] = {"id": _first(parts, "id"), "type": _first(parts, "type")}
    for kind in ("function", "custom"):
        if bodies := [part[kind] for part in parts if isinstance(part.get(kind), dict)]:
            call[kind] = _whole(bodies, once=("name",))
    return call


def _whole(parts: list[dict[str, JSON]], once: tuple[str, ...]) -> JSON:
    """Fragments as one object: strings are concatenated, but for those that come once; of others the last counts."""
    last = {key: value for part in parts for key, value in part.items() if value is not None}
    return last | _joined(parts) | {key: _first(parts, key) for key in once if key in last}


def _joined(parts: list[dict[str, JSON]]) -> dict[str, str]:
    """Every member that is a string in some part: the strings, concatenated."""
    texts: dict[str, list[str]] = {}
    for part in parts:
        for key, value in part.items():
            if isinstance(value, str):
                texts.setdefault(key, []).append(value)
    return {key: "".join(pieces) for key, pieces in texts.items()}


def _first(parts: list[dict[str, JSON]], key: str) -> JSON:
    return next((part[key] for part in parts if part.get(key)), None)


def _logprobs(parts: list[JSON]) -> JSON:
    found = [part["logprobs"] for part in parts if isinstance(part.get("logprobs"), dict)]
    if not found:
        return None
    return {key: _chained(entry.get(key) for entry in found) for key in ("content", "refusal")}


def _chained(lists: Iterable[JSON]) -> JSON:
    """Lists in a row; None where none was a list."""
    kept = [entry for entry in lists if isinstance(entry, list)]
    return [item for entry in kept for item in entry] if kept else None
