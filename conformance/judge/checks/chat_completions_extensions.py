"""Members of a delta that are not part of the API: how the official streaming helper accumulates them.

Source: openai-python openai/lib/streaming/_deltas.py: texts are joined, numbers (and true, as 1) are added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.core.pointer import each, get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_OWN = ("role", "content", "refusal", "tool_calls", "function_call", "audio", "index", "type")


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
