"""Chat Completions: assembles the chunks of a stream, and extracts the content.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and the accumulation in openai-python,
openai/lib/streaming/_deltas.py. Where that code fails on an invalid stream, this module uses the first role, and the
first id and name of a tool call; the checks report what is wrong with the stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.core.model import JSON, Answer, ToolCall
from conformance.core.pointer import get, is_kind
from conformance.protocol.answers.chat_completions_parts import Choice

_HEAD = ("id", "created", "model", "service_tier", "system_fingerprint")
REASONING = ("reasoning_content", "reasoning")
"""Members in which gateways return reasoning. OpenAI's own API does not return it."""


def assemble(events: Iterable[JSON]) -> JSON:
    """Return the completion of a stream, with `error` if an error ended it; None without a chunk."""
    head: dict[str, JSON] | None = None
    error = usage = None
    choices: dict[int, Choice] = {}
    for event in events:
        error = error or get(event, "/error", object)
        if get(event, "/choices", list) is not None:
            head = event if head is None else head
            usage = usage if event.get("usage") is None else event["usage"]
            for index, part in fragments((event,)):
                choices.setdefault(index, Choice()).add(part)
    if head is None and not error:
        return None
    final: dict[str, JSON] = {key: head[key] for key in _HEAD if key in head} if head else {}
    whole = [{"index": index, **choices[index].whole()} for index in sorted(choices)]
    final |= {"object": "chat.completion", "choices": whole, "usage": usage}
    return final | {"error": error} if error else final


def answer(final: JSON) -> Answer:
    """Return the content of the first choice. `choices` is the number of all choices."""
    choices = get(final, "/choices", list) or []
    message = get(final, "/choices/0/message", dict) or {}
    return Answer(
        text=_text(message, "content"),
        tool_calls=tuple(_calls(message)),
        stop=get(final, "/choices/0/finish_reason", str),
        refusal=_text(message, "refusal"),
        reasoning=next((text for key in REASONING if (text := _text(message, key))), ""),
        choices=len(choices),
        input_tokens=get(final, "/usage/prompt_tokens", int),
        output_tokens=get(final, "/usage/completion_tokens", int),
    )


def fragments(events: Iterable[JSON]) -> Iterator[tuple[int, JSON]]:
    """Yield (index, choice) for each choice with an index, in the order of the chunks."""
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
