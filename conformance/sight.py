"""What schemas see of a document: of two documents with the same outline, both are right or both are wrong.

A schema looks at members and nesting, at the types of values, at the strings that it names, and at the bounds of
numbers and lengths. The thousands of deltas of a stream differ in nothing of that, so the outline of one that was
found right spares all others like it the validation.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from conformance.model import JSON
from conformance.refs import parts

_CLOSER = frozenset({"pattern", "format", "multipleOf", "uniqueItems", "$dynamicRef"})
"""Keywords that look at more than an outline holds."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The strings and the numbers that schemas name, wherever in them."""

    words: frozenset[str]
    bounds: tuple[float, ...]

    def outline(self, value: JSON) -> Hashable:
        """The value as far as the schemas see it. Raises RecursionError where it is nested too deeply."""
        if isinstance(value, str):
            return value if value in self.words else -1 - bisect_right(self.bounds, len(value))
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, dict):
            return ("{", *value, *map(self.outline, value.values()))
        if isinstance(value, list):
            return ("[", *map(self.outline, value))
        whole = isinstance(value, int) or value.is_integer()
        return bisect_left(self.bounds, value), bisect_right(self.bounds, value), whole


def of(schemas: Iterable[JSON]) -> Sight | None:
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
    return Sight(frozenset(words), tuple(sorted(bounds)))
