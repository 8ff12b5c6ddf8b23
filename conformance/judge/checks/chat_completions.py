"""Completions, streamed or not: rules about one object that a schema cannot express.

Sources: https://platform.openai.com/docs/api-reference/chat/object and openai-python
openai/types/completion_usage.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import each, get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show

FAMILIES = ("chat_completions",)
WILLING = frozenset({"stop", "tool_calls", "function_call"})
"""The finish reasons of a choice that the model ended itself, not a limit or a filter."""

_CALL_OF = {"tool_calls": "tool_calls", "function_call": "function_call"}
_WORDS = ("content", "refusal", "tool_calls", "function_call", "audio", "reasoning_content", "reasoning")
_WHOLE_AND_PART = (
    ("prompt_tokens", "prompt_tokens_details", "audio_tokens"),
    ("completion_tokens", "completion_tokens_details", "reasoning_tokens"),
    ("completion_tokens", "completion_tokens_details", "audio_tokens"),
)


def messages(final: JSON) -> Iterator[tuple[str, dict[str, JSON], str | None]]:
    """Yield (pointer, message, finish reason) for each choice with a message."""
    for at, choice in each(final, "/choices/*"):
        message = get(choice, "/message", dict)
        if message is not None:
            yield f"{at}/message", message, get(choice, "/finish_reason", str)


def calls(message: JSON) -> list[tuple[str, JSON]]:
    """Return (pointer within the message, call) for each tool call that is an object."""
    return [(at, call) for at, call in each(message, "/tool_calls/*") if isinstance(call, dict)]


def failed(reading: Reading) -> bool:
    """Whether the answer is an error, or an error ended it. Missing members are then not reported as well."""
    return bool(get(reading.final, "/error", object))


@check("chat.choices.indexes", families=FAMILIES, on="final")
def choices_are_numbered(reading: Reading) -> Iterator[Breach]:
    """The indexes are 0, 1, 2 …, each once, in any order."""
    indexes = [get(choice, "/index", int) for _, choice in each(reading.final, "/choices/*")]
    known = sorted(index for index in indexes if index is not None)
    if len(known) == len(indexes) and known != list(range(len(known))):
        yield breach("chat.choices.indexes", f"indexes 0 to {len(known) - 1}, each once", show(indexes), "/choices")


@check("chat.finish.calls", families=FAMILIES, on="final")
def reason_has_its_call(reading: Reading) -> Iterator[Breach]:
    """A finish reason for a call comes with a call."""
    for at, message, reason in messages(reading.final):
        member = _CALL_OF.get(reason or "")
        if member and not message.get(member):
            yield breach(
                "chat.finish.calls", f"a message with {member}", f"finish_reason {reason!r} without {member}", at
            )


@check("chat.tool-call.ids-unique", families=FAMILIES, on="final")
def call_ids_differ(reading: Reading) -> Iterator[Breach]:
    """The ids of a message's calls are unique."""
    for at, message, _ in messages(reading.final):
        ids = Counter(ident for _, call in calls(message) if (ident := get(call, "/id", str)))
        for ident, count in ids.items():
            if count > 1:
                expected = "a unique id for each call"
                yield breach("chat.tool-call.ids-unique", expected, f"{count} calls with {ident!r}", f"{at}/tool_calls")


@check(
    "chat.tool-call.arguments-json",
    "chat.tool-call.arguments-once",
    "chat.tool-call.arguments-object",
    families=FAMILIES,
    on="final",
)
def arguments_are_an_object(reading: Reading) -> Iterator[Breach]:
    """The arguments of a complete call are one JSON object."""
    if failed(reading):
        return
    for at, message, reason in messages(reading.final):
        if reason in WILLING:
            yield from _arguments(message, at)


def _arguments(message: JSON, at: str) -> Iterator[Breach]:
    for place in ("/tool_calls/*/function/arguments", "/function_call/arguments"):
        for pointer, text in each(message, place):
            if isinstance(text, str):
                value, problem = parse(text)
                if problem:
                    yield breach(_unreadable(problem), "one JSON object", show(text), at + pointer)
                elif not isinstance(value, dict):
                    yield breach("chat.tool-call.arguments-object", "a JSON object", show(value), at + pointer)


def _unreadable(problem: str) -> str:
    several = problem.startswith("Extra data")
    return "chat.tool-call.arguments-once" if several else "chat.tool-call.arguments-json"


@check("chat.message.refusal-alone", families=FAMILIES, on="final")
def refusal_stands_alone(reading: Reading) -> Iterator[Breach]:
    """A message has a refusal or content, not both."""
    for at, message, _ in messages(reading.final):
        if message.get("refusal") and message.get("content"):
            yield breach("chat.message.refusal-alone", "no content", show(message["content"]), f"{at}/content")


@check("chat.answer.empty", families=FAMILIES, on="final")
def says_something(reading: Reading) -> Iterator[Breach]:
    """A choice that the model ended is not empty. A limit, a filter or a stop sequence may leave it empty."""
    stopped = get(reading.sent, "/stop", object) is not None
    for at, message, reason in messages(reading.final):
        if reason == "stop" and not stopped and not failed(reading) and not any(message.get(word) for word in _WORDS):
            yield breach("chat.answer.empty", "text, a refusal, audio or a call", show(message), at)


_CACHED = "/prompt_tokens_details/cached_tokens"
_USAGE = ("chat.usage.total", "chat.usage.prompt", "chat.usage.completion", "chat.usage.cached", "chat.usage.parts")


@check(*_USAGE, families=FAMILIES, on="final")
def usage_adds_up(reading: Reading) -> Iterator[Breach]:
    """The total is the sum of its parts, and no part is larger than the whole. Not checked after an error."""
    if failed(reading):
        return
    usage = get(reading.final, "/usage", dict)
    prompt, completion, total = (get(usage, f"/{name}_tokens", int) for name in ("prompt", "completion", "total"))
    if prompt is not None and completion is not None and total is not None and prompt + completion != total:
        expected = f"{prompt} + {completion} = {show(prompt + completion)}"
        yield breach("chat.usage.total", expected, str(total), "/usage/total_tokens")
    if prompt == 0:
        yield breach("chat.usage.prompt", "at least one token", "0", "/usage/prompt_tokens")
    if completion == 0 and any(message.get(word) for _, message, _ in messages(reading.final) for word in _WORDS):
        yield breach("chat.usage.completion", "at least one token", "0", "/usage/completion_tokens")
    yield from _part("chat.usage.cached", usage, "prompt_tokens", _CACHED)
    for whole, details, part in _WHOLE_AND_PART:
        yield from _part("chat.usage.parts", usage, whole, f"/{details}/{part}")


def _part(rule: str, usage: JSON, whole: str, pointer: str) -> Iterator[Breach]:
    most, part = get(usage, f"/{whole}", int), get(usage, pointer, int)
    if most is not None and part is not None and part > most:
        yield breach(rule, f"at most {most} ({whole})", str(part), f"/usage{pointer}")
