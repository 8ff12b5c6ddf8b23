"""Whether a completion matches its request: choices, format, stop sequences, length, usage.

Sources: https://platform.openai.com/docs/api-reference/chat/create and
https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.judge.checks.chat_completions import FAMILIES, failed, messages
from conformance.judge.checks.chat_completions_stream import chunks
from conformance.judge.counts import misses
from conformance.protocol.adhoc_schema import validation_error
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show
from conformance.protocol.token_limit import token_limit

_CLOSING = 16
"""Tokens. Those that end a message or a call may be counted in addition to the limit."""


@check("chat.fit.count", families=FAMILIES, on="final", needs=("request",))
def as_many_choices(reading: Reading) -> Iterator[Breach]:
    """There are `n` choices; one without `n`."""
    choices = get(reading.final, "/choices", list)
    asked = get(reading.sent, "/n", int) or 1
    if choices and isinstance(reading.sent, dict) and len(choices) != asked and not failed(reading):
        yield breach("chat.fit.count", f"{asked} choice(s)", str(len(choices)), "/choices")


@check(
    "chat.fit.json-object",
    "chat.fit.json-schema",
    "chat.fit.json-schema-loose",
    families=FAMILIES,
    on="final",
    needs=("request",),
)
def text_has_the_format(reading: Reading) -> Iterator[Breach]:
    """A complete text is a document in the requested format."""
    form = get(reading.sent, "/response_format", dict)
    may_call = bool(get(reading.sent, "/tools", list)) and get(reading.sent, "/tool_choice", object) != "none"
    rule = _format_rule(form, may_call=may_call)
    if rule is None or failed(reading):
        return
    for at, message, reason in messages(reading.final):
        text = get(message, "/content", str)
        answers = text and reason == "stop" and not message.get("refusal")
        if problem := _misfit(text or "", form) if answers else "":
            yield breach(rule, "one JSON document in the requested format", problem, f"{at}/content")


def _format_rule(form: JSON, *, may_call: bool) -> str | None:
    """Return the rule for a format. Where it may call tools, a model of the vendor itself has written two documents."""
    kind = get(form, "/type", str)
    if kind == "json_schema":
        strict = get(form, "/json_schema/strict", bool) and not may_call
        return "chat.fit.json-schema" if strict else "chat.fit.json-schema-loose"
    return "chat.fit.json-object" if kind == "json_object" else None


def _misfit(text: str, form: JSON) -> str:
    value, problem = parse(text)
    if problem:
        return f"{show(text)} ({problem})"
    return validation_error(value, get(form, "/json_schema/schema", dict) or {"type": "object"})


@check("chat.fit.stop", families=FAMILIES, on="final", needs=("request",))
def stops_before(reading: Reading) -> Iterator[Breach]:
    """No text contains a stop sequence of the request."""
    asked = get(reading.sent, "/stop", object)
    stops = [stop for stop in (asked if isinstance(asked, list) else [asked]) if isinstance(stop, str) and stop]
    for at, message, _ in messages(reading.final):
        text = get(message, "/content", str) or ""
        for stop in stops:
            if (place := text.find(stop)) >= 0:
                got = show(text[max(0, place - 40) : place + 40])
                yield breach("chat.fit.stop", f"text without {show(stop)}", got, f"{at}/content")


@check("chat.fit.max-tokens", "chat.finish.limit", families=FAMILIES, on="final", needs=("request",))
def keeps_to_the_limit(reading: Reading) -> Iterator[Breach]:
    """No choice exceeds its limit. With `prediction` the limit is not checked: rejected predicted tokens count too."""
    limit, count = token_limit(reading.sent, reading.family.name), get(reading.final, "/usage/completion_tokens", int)
    if limit is None or limit < 1 or count is None or get(reading.sent, "/prediction", dict) is not None:
        return
    choices = get(reading.sent, "/n", int) or 1
    if count > choices * (limit + _CLOSING):
        yield breach("chat.fit.max-tokens", f"at most {limit} tokens", str(count), "/usage/completion_tokens")
    elif choices == 1 and count >= limit and get(reading.final, "/choices/0/finish_reason", str) == "stop":
        yield breach(
            "chat.finish.limit", f"length, because all {limit} tokens were used", "stop", "/choices/0/finish_reason"
        )


@check("chat.fit.limit-counted", families=FAMILIES, on="final", needs=("request",))
def counts_to_the_limit(reading: Reading) -> Iterator[Breach]:
    """The token count of a truncated choice is the limit; otherwise it is wrong, taken too early, or estimated."""
    limit, count = token_limit(reading.sent, reading.family.name), get(reading.final, "/usage/completion_tokens", int)
    cut = get(reading.final, "/choices/0/finish_reason", str) == "length" and (get(reading.sent, "/n", int) or 1) == 1
    if cut and limit is not None and count is not None and misses(count, limit):
        yield breach("chat.fit.limit-counted", f"{limit} tokens", str(count), "/usage/completion_tokens")


@check(
    "chat.stream.usage-asked",
    "chat.stream.usage-unasked",
    "chat.stream.usage-volunteered",
    "chat.stream.usage-on-choices",
    "chat.stream.usage-null",
    families=FAMILIES,
    on="stream",
    needs=("request",),
)
def usage_as_asked(reading: Reading) -> Iterator[Breach]:
    """A stream has usage if `include_usage` is true, and otherwise not. Not checked after an error."""
    if not isinstance(reading.sent, dict) or failed(reading):
        return
    if get(reading.sent, "/stream_options/include_usage", bool):
        yield from _usage_told(reading)
    else:
        yield from _usage_unasked(reading)


def _usage_unasked(reading: Reading) -> Iterator[Breach]:
    """A chunk without choices breaks clients that did not ask for usage; usage beside choices is ignored by them."""
    for number, chunk in chunks(reading):
        if chunk.get("usage") is not None:
            rule = "chat.stream.usage-volunteered" if chunk["choices"] else "chat.stream.usage-unasked"
            yield breach(rule, "no usage", show(chunk["usage"]), "/usage", number)


def _usage_told(reading: Reading) -> Iterator[Breach]:
    last, has_usage = None, False
    for number, chunk in chunks(reading):
        has_usage = has_usage or chunk.get("usage") is not None
        if chunk["choices"] and chunk.get("usage") is not None:
            yield breach("chat.stream.usage-on-choices", "null", show(chunk["usage"]), "/usage", number)
        elif chunk["choices"] and "usage" not in chunk:
            yield breach("chat.stream.usage-null", "usage: null", "no usage member", "/usage", number)
        last = number
    if last is not None and not has_usage:
        expected = "a chunk with usage and empty choices at the end"
        yield breach("chat.stream.usage-asked", expected, "none", "/usage", last)
