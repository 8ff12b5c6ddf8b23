"""A structural signature of a document: documents with equal signatures get the same validation result.

A schema looks at members and nesting, at types, at the strings that it names, and at bounds of numbers and lengths.
The thousands of deltas of a stream are equal in all of these, so only the first of them is validated.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from conformance.core.model import JSON
from conformance.protocol.schema_refs import parts

_UNSUPPORTED = frozenset({"pattern", "format", "multipleOf", "uniqueItems", "$dynamicRef"})
"""Keywords whose result depends on more than the signature contains."""


@dataclass(frozen=True, slots=True)
class SchemaOutline:
    """All strings and numbers in a set of schemas: what a signature has to keep of a document's values."""

    strings: frozenset[str]
    bounds: tuple[float, ...]

    def signature(self, value: JSON) -> tuple[Hashable, ...]:
        """Return the signature of a document, a flat tuple. Raises RecursionError if it is nested too deeply."""
        tokens: list[Hashable] = []
        self._add(value, tokens)
        return tuple(tokens)

    def _add(self, value: JSON, tokens: list[Hashable]) -> None:
        """Append the tokens of a value. Types and sizes make the flat list unambiguous."""
        if isinstance(value, str):
            tokens.append(value if value in self.strings else self._length(len(value)))
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
            is_integer = isinstance(value, int) or value.is_integer()
            tokens += (float, bisect_left(self.bounds, value), bisect_right(self.bounds, value), is_integer)

    def _length(self, length: int) -> int:
        """Return a negative number for the position of a length among the bounds.

        `left + right` is 2i between two bounds and 2i + 1 on a bound, so the sum is enough. Negative numbers cannot be
        confused with the sizes of objects and arrays.
        """
        return -1 - bisect_left(self.bounds, length) - bisect_right(self.bounds, length)


def build_outline(schemas: Iterable[JSON]) -> SchemaOutline | None:
    """Return the outline of these schemas; None if one of them has a keyword that signatures do not support."""
    strings: set[str] = set()
    bounds: set[float] = set()
    for part in parts(list(schemas)):
        if isinstance(part, dict):
            # A dict below such a name is the schema of a property with this name, not the keyword.
            if any(not isinstance(part[name], dict) for name in _UNSUPPORTED & part.keys()):
                return None
            strings.update(part)
        elif isinstance(part, str):
            strings.add(part)
        elif isinstance(part, int | float):
            bounds.add(part)
    return SchemaOutline(frozenset(strings), tuple(sorted(bounds)))
