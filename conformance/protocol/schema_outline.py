"""What schemas see of a document: of two documents with the same outline, both are right or both are wrong.

A schema looks at members and nesting, at the types of values, at the strings that it names, and at the bounds of
numbers and lengths. The thousands of deltas of a stream differ in nothing of that, so the outline of one that was
found right spares all others like it the validation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from conformance.core.model import JSON
from conformance.protocol.schema_refs import parts

_CLOSER = frozenset({"pattern", "format", "multipleOf", "uniqueItems", "$dynamicRef"})
"""Keywords that look at more than an outline holds."""


@dataclass(frozen=True, slots=True)
class SchemaOutline:
    """The strings and the numbers that schemas name, wherever in them."""

    words: frozenset[str]
    bounds: tuple[float, ...]

    def signature(self, value: JSON) -> tuple[Hashable, ...]:
        """The value as far as the schemas see it, flat. Raises RecursionError where it is nested too deeply."""
        tokens: list[Hashable] = []
        self._add(value, tokens)
        return tuple(tokens)

    def _add(self, value: JSON, tokens: list[Hashable]) -> None:
        """Adds what says a value: its kind, and as many tokens as the kind and the size take."""
        if isinstance(value, str):
            tokens.append(value if value in self.words else self._length(len(value)))
        elif value is None or isinstance(value, bool):
            tokens.append(value)
        elif isinstance(value, dict):
            tokens += (dict, len(value), *value)
            for part in value.values():
                self._add(part, tokens)
        elif isinstance(value, list):
            tokens += (list, len(value))
            for part in value:
                self._add(part, tokens)
        else:
            whole = isinstance(value, int) or value.is_integer()
            tokens += (float, bisect_left(self.bounds, value), bisect_right(self.bounds, value), whole)

    def _length(self, length: int) -> int:
        """Between which bounds, or at which of them, a text's length is: no sum of the two comes of another place."""
        return -1 - bisect_left(self.bounds, length) - bisect_right(self.bounds, length)


def build_outline(schemas: Iterable[JSON]) -> SchemaOutline | None:
    """What these schemas see; None where one of them looks closer than an outline shows."""
    words: set[str] = set()
    bounds: set[float] = set()
    for part in parts(list(schemas)):
        if isinstance(part, dict):
            if any(not isinstance(part[name], dict) for name in _CLOSER & part.keys()):  # a dict: a property's schema
                return None
            words.update(part)
        elif isinstance(part, str):
            words.add(part)
        elif isinstance(part, int | float):
            bounds.add(part)
    return SchemaOutline(frozenset(words), tuple(sorted(bounds)))
