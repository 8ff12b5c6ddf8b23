"""Members of a delta that are not part of the API: how the official streaming helper accumulates them.

Source: openai-python openai/lib/streaming/_deltas.py: texts are joined, numbers (and true, as 1) are added up, lists of
texts are appended, and lists of objects are merged by the `index` of each object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import each, get, is_kind
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_OWN = ("role", "content", "refusal", "tool_calls", "function_call", "audio", "index", "type")
_OWN_LISTS = ("annotations",)


@check("chat.delta.extension-numbers", families=("chat_completions",), on="stream")
def numbers(reading: Reading) -> Iterator[Breach]:
    """A number is not repeated in every chunk: the helper would return the sum."""
    seen: Counter[tuple[int | None, str]] = Counter()
    for parsed in reading.events:
        for at, choice in each(parsed.json, "/choices/*"):
            for name, value in (get(choice, "/delta", dict) or {}).items():
                if name in _OWN or not isinstance(value, int | float):
                    continue
                place = get(choice, "/index", int), name
                seen[place] += 1
                if seen[place] == 2:
                    got = f"{name} {show(value)} again"
                    yield breach(
                        "chat.delta.extension-numbers", "a number only once, or a string", got, f"{at}/delta/{name}",
                        parsed.event.number,
                    )  # fmt: skip


@check("chat.delta.extension-lists", families=("chat_completions",), on="stream")
def lists(reading: Reading) -> Iterator[Breach]:
    """The helper can merge the lists of several chunks; a list in one chunk only may have any form."""
    merged: dict[tuple[int | None, str], list[JSON]] = {}
    for parsed in reading.events:
        for at, choice in each(parsed.json, "/choices/*"):
            for name, value in (get(choice, "/delta", dict) or {}).items():
                if name in (*_OWN, *_OWN_LISTS) or not isinstance(value, list):
                    continue
                place = get(choice, "/index", int), name
                before = merged.get(place)
                if not _is_appended(before, value) and not all(map(_is_indexed, value)):
                    yield breach(
                        "chat.delta.extension-lists", "objects with an index", show(value), f"{at}/delta/{name}",
                        parsed.event.number,
                    )  # fmt: skip
                merged[place] = [*(before or ()), *value[:1]]  # the first entry shows what a list consists of


def _is_appended(before: list[JSON] | None, value: list[JSON]) -> bool:
    """Whether the helper takes the entries of a list as they are."""
    indexed = any(isinstance(entry, dict) and "index" in entry for entry in value)
    if before is None:
        return not indexed
    return all(isinstance(entry, str | int | float) for entry in before) and (bool(before) or not indexed)


def _is_indexed(entry: JSON) -> bool:
    return isinstance(entry, dict) and is_kind(entry.get("index"), int)
