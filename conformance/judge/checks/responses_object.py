"""The Response object: usage, ids, arguments and statuses are consistent.

Sources: https://platform.openai.com/docs/api-reference/responses/object, openai-python
openai/types/responses/response.py and openai/types/responses/response_usage.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import each, get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show
from conformance.protocol.token_limit import token_limit

_FAMILY = ("responses",)
_CALLS = ("function_call", "custom_tool_call")


@check("responses.usage.total", "responses.usage.cached", "responses.usage.reasoning", families=_FAMILY, on="final")
def usage_adds_up(reading: Reading) -> Iterator[Breach]:
    """The total is the sum of input and output tokens, and the details are not larger than these."""
    usage = get(reading.final, "/usage", dict)
    into, out, total = (get(usage, f"/{name}_tokens", int) for name in ("input", "output", "total"))
    if into is not None and out is not None and total is not None and total != into + out:
        yield breach("responses.usage.total", f"total_tokens {into} + {out}", str(total), "/usage/total_tokens")
    yield from _is_part(usage, "/input_tokens_details/cached_tokens", into, "responses.usage.cached")
    yield from _is_part(usage, "/output_tokens_details/reasoning_tokens", out, "responses.usage.reasoning")


@check("responses.usage.counted", families=_FAMILY, on="final")
def usage_counts(reading: Reading) -> Iterator[Breach]:
    """The token counts of an answer with content are not zero."""
    if not _is_completed(reading.final) or not _says_something(reading):
        return
    for name in ("input_tokens", "output_tokens"):
        if get(reading.final, f"/usage/{name}", int) == 0:
            yield breach("responses.usage.counted", "more than 0", "0", f"/usage/{name}")


@check(
    "responses.output.ids", "responses.output.call-ids", "responses.function-call.two-ids", families=_FAMILY, on="final"
)
def own_ids(reading: Reading) -> Iterator[Breach]:
    """Ids of items and call_ids are unique, and a call's id differs from its call_id."""
    items = list(each(reading.final, "/output/*"))
    yield from _unique("responses.output.ids", "id", items)
    calls = [(at, item) for at, item in items if get(item, "/type", str) in _CALLS]
    yield from _unique("responses.output.call-ids", "call_id", calls)
    for at, call in calls:
        if (own := get(call, "/id", str)) and own == get(call, "/call_id", str):
            yield breach("responses.function-call.two-ids", "an id other than the call_id", show(own), f"{at}/id")


@check(
    "responses.function-call.arguments-json", "responses.function-call.arguments-readable", families=_FAMILY, on="final"
)
def readable_arguments(reading: Reading) -> Iterator[Breach]:
    """The arguments of a complete call are one JSON object as text. The model may fail to write it."""
    if not _is_completed(reading.final):
        return
    for at, item in each(reading.final, "/output/*"):
        arguments = get(item, "/arguments", str)
        if arguments is None or get(item, "/type", str) != "function_call" or item.get("status") == "incomplete":
            continue
        value, problem = parse(arguments)
        if not isinstance(value, dict):
            got = f"{show(arguments)}{f' ({problem})' if problem else ''}"
            failed = problem and not problem.startswith("Extra data")
            rule = f"responses.function-call.arguments-{'readable' if failed else 'json'}"
            yield breach(rule, "a JSON object as a string", got, f"{at}/arguments")


@check("responses.status.items", families=_FAMILY, on="final")
def items_are_complete(reading: Reading) -> Iterator[Breach]:
    """In a completed response, messages and calls have status completed."""
    if not _is_completed(reading.final):
        return
    for at, item in each(reading.final, "/output/*"):
        status = get(item, "/status", str)
        if get(item, "/type", str) in ("message", "function_call") and status not in (None, "completed"):
            yield breach("responses.status.items", "completed, like the response", str(status), f"{at}/status")


@check("responses.status.terminal", families=_FAMILY, on="json")
def has_ended(reading: Reading) -> Iterator[Breach]:
    """An answer without a stream has a final status, except in background mode."""
    if reading.exchange.request.method == "GET":
        return
    background = get(reading.sent, "/background", bool) or get(reading.json, "/background", bool)
    status = get(reading.json, "/status", str)
    if not background and status in ("in_progress", "queued"):
        yield breach("responses.status.terminal", "completed, incomplete or failed", str(status), "/status")


@check("responses.status.truncated", families=_FAMILY, on="final")
def says_that_it_was_cut(reading: Reading) -> Iterator[Breach]:
    """An answer with as many tokens as the limit has status incomplete, in nearly all cases."""
    limit, used = token_limit(reading.sent, reading.family.name), get(reading.final, "/usage/output_tokens", int)
    if limit is not None and limit == used and _is_completed(reading.final):
        got = f"completed with {used} of {limit} tokens"
        yield breach("responses.status.truncated", "incomplete, because of max_output_tokens", got, "/status")


@check("responses.output.not-empty", families=_FAMILY, on="final")
def says_something(reading: Reading) -> Iterator[Breach]:
    """The output of a completed response is not empty, unless the request only fills the prompt cache."""
    prewarms = get(reading.sent, "/prompt_cache_options/prewarm", bool) is True
    if not prewarms and _is_completed(reading.final) and get(reading.final, "/output", list) == []:
        yield breach("responses.output.not-empty", "at least one item", "none", "/output")


def _is_completed(final: JSON) -> bool:
    return get(final, "/status", str) == "completed"


def _says_something(reading: Reading) -> bool:
    answer = reading.answer
    return answer is not None and bool(answer.text or answer.refusal or answer.tool_calls)


def _is_part(usage: JSON, pointer: str, whole: int | None, rule: str) -> Iterator[Breach]:
    part = get(usage, pointer, int)
    if part is not None and whole is not None and part > whole:
        yield breach(rule, f"at most {whole}", str(part), f"/usage{pointer}")


def _unique(rule: str, member: str, items: list[tuple[str, JSON]]) -> Iterator[Breach]:
    named = [(at, get(item, f"/{member}", str)) for at, item in items]
    counts = Counter(value for _, value in named if value)
    for at, value in named:
        if value and counts[value] > 1:
            yield breach(rule, f"a unique {member}", json.dumps(value), f"{at}/{member}")
