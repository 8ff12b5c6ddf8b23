"""Streams of chunks: rules that stream.yaml cannot express because they compare values.

Sources: https://platform.openai.com/docs/api-reference/chat-streaming, and the accumulators that break on what
differs: openai-python openai/lib/streaming/chat/_completions.py and _deltas.py, openai-go streamaccumulator.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import is_kind
from conformance.judge.checks import breach, check
from conformance.judge.checks.chat_completions import FAMILIES
from conformance.judge.increments import repeats
from conformance.protocol.answers.chat_completions import REASONING, fragments
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_SAME = {"id": "chat.stream.same-id", "created": "chat.stream.same-created", "model": "chat.stream.same-model"}


def chunks(reading: Reading) -> Iterator[tuple[int, dict[str, JSON]]]:
    """Yield (event number, chunk) for each event that is a chunk."""
    for parsed in reading.events:
        if isinstance(parsed.json, dict) and isinstance(parsed.json.get("choices"), list):
            yield parsed.event.number, parsed.json


@check(*_SAME.values(), families=FAMILIES, on="stream")
def chunks_agree(reading: Reading) -> Iterator[Breach]:
    """Id, created and model are the same in all chunks."""
    first: dict[str, JSON] = {}
    for number, chunk in chunks(reading):
        for key, rule in _SAME.items():
            value = chunk.get(key)
            if value != first.setdefault(key, value):
                yield breach(rule, f"{key} {show(first[key])}, as in the first chunk", show(value), f"/{key}", number)


@check("chat.stream.choice-order", "chat.stream.tool-order", families=FAMILIES, on="stream")
def indexes_begin_in_order(reading: Reading) -> Iterator[Breach]:
    """Choices and tool calls start in the order of their indexes, without gaps."""
    choices: dict[int, set[int]] = {}
    for number, chunk in chunks(reading):
        for index, choice in fragments((chunk,)):
            if index not in choices and index != len(choices):
                expected = f"choice {len(choices)} to start next"
                yield breach("chat.stream.choice-order", expected, f"choice {index}", "/choices", number)
            seen = choices.setdefault(index, set())
            for new in _new_calls(choice, seen):
                expected = f"tool call {len(seen) - 1} to start next"
                yield breach("chat.stream.tool-order", expected, f"tool call {new}", "/choices", number)


def _new_calls(choice: JSON, seen: set[int]) -> Iterator[int]:
    """Yield the tool calls that start with a wrong index. All new indexes are added to `seen`."""
    delta = choice.get("delta")
    calls = delta.get("tool_calls") if isinstance(delta, dict) else None
    for call in calls if isinstance(calls, list) else ():
        index = call.get("index") if isinstance(call, dict) else None
        if isinstance(index, int) and is_kind(index, int) and index not in seen:
            seen.add(index)
            if index != len(seen) - 1:
                yield index


@check("chat.stream.finish-delta", families=FAMILIES, on="stream")
def finish_says_no_more(reading: Reading) -> Iterator[Breach]:
    """The delta of the chunk with the finish_reason is empty."""
    for number, chunk in chunks(reading):
        for _, choice in fragments((chunk,)):
            delta = choice.get("delta")
            if choice.get("finish_reason") and isinstance(delta, dict) and any(delta.values()):
                yield breach("chat.stream.finish-delta", "an empty delta", show(delta), "/choices", number)


@check("chat.stream.error-after-finish", families=FAMILIES, on="stream")
def error_comes_in_time(reading: Reading) -> Iterator[Breach]:
    """No error comes after the finish_reason of every choice."""
    finished: dict[int, bool] = {}
    for parsed in reading.events:
        document = parsed.json
        for index, choice in fragments((document,)):
            finished[index] = finished.get(index, False) or bool(choice.get("finish_reason"))
        if isinstance(document, dict) and document.get("error") and finished and all(finished.values()):
            expected = "no error after the last finish_reason"
            yield breach("chat.stream.error-after-finish", expected, show(document), "/error", parsed.event.number)
            return


@check("chat.stream.incremental", families=FAMILIES, on="stream")
def deltas_are_new(reading: Reading) -> Iterator[Breach]:
    """Each delta contains only the new part of the text, and of the reasoning."""
    for (index, member), texts in _texts(reading).items():
        if repeats(texts):
            at = f"/choices/{index}/delta/{member}"
            yield breach("chat.stream.incremental", "only the new text", show(texts[-1]), at)


def _texts(reading: Reading) -> dict[tuple[int, str], list[str]]:
    """Return the non-empty texts of the deltas, by the index of the choice and the member of the delta."""
    texts: dict[tuple[int, str], list[str]] = {}
    for index, choice in fragments(reading.documents):
        delta = choice.get("delta")
        for member in _GROWING if isinstance(delta, dict) else ():
            if (text := delta.get(member)) and isinstance(text, str):
                texts.setdefault((index, member), []).append(text)
    return texts


_GROWING = ("content", *REASONING)
"""Members of a delta whose texts clients concatenate."""
