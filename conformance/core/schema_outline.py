"""A structural signature of a document: documents with equal signatures get the same validation result.

A schema looks at members and nesting, at types, at the strings that it names, at patterns, and at bounds of numbers
and lengths. The thousands of deltas of a stream are equal in all of these, so only the first of them is validated.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.core.model import JSON

_UNSUPPORTED = frozenset({"format", "multipleOf", "uniqueItems", "$dynamicRef"})
"""Keywords whose result depends on more than the signature contains."""

_USUAL = 256
"""Characters. The positions of shorter lengths are computed once."""


@dataclass(frozen=True, slots=True)
class SchemaOutline:
    """All strings, patterns and numbers in a set of schemas: what a signature has to keep of a document's values."""

    strings: frozenset[str]
    bounds: tuple[float, ...]
    lengths: tuple[int, ...]
    """The position among the bounds of each length that most texts have."""
    patterns: tuple[re.Pattern[str], ...]

    def signature(self, value: JSON) -> tuple[Hashable, ...] | None:
        """Return the signature of a document, a flat tuple; None if it is nested too deeply to have one."""
        tokens: list[Hashable] = []
        try:
            self._add([value], tokens)
        except RecursionError:
            return None
        return tuple(tokens)

    def _add(self, values: Iterable[JSON], tokens: list[Hashable]) -> None:
        """Append the tokens of several values. Types and sizes make the flat list unambiguous."""
        for value in values:
            if isinstance(value, str):
                if value in self.strings:
                    tokens.append(value)
                else:
                    tokens.append(self._length(value))
                    tokens += [pattern.search(value) is not None for pattern in self.patterns]
            elif value is None or isinstance(value, bool):
                tokens.append(value)
            elif isinstance(value, dict):
                tokens += (dict, len(value), *value)
                self._add(value.values(), tokens)
            elif isinstance(value, list):
                tokens += (list, len(value))
                self._add(value, tokens)
            else:
                kind = int if isinstance(value, int) else float
                bounds = bisect_left(self.bounds, value), bisect_right(self.bounds, value)
                tokens += (kind, *bounds, kind is int or value.is_integer())

    def _length(self, text: str) -> int:
        """Return a number for the position of a text's length among the bounds."""
        length = len(text)
        return self.lengths[length] if length < len(self.lengths) else _position(self.bounds, length)


def _position(bounds: Sequence[float], length: int) -> int:
    """Return a negative number for the position of a length among the bounds.

    `left + right` is 2i between two bounds and 2i + 1 on a bound, so the sum is enough. Negative numbers cannot be
    confused with the sizes of objects and arrays.
    """
    return -1 - bisect_left(bounds, length) - bisect_right(bounds, length)


def build_outline(schemas: Iterable[JSON]) -> SchemaOutline | None:
    """Return the outline of these schemas; None if one of them has a keyword that signatures do not support."""
    strings: set[str] = set()
    patterns: set[str] = set()
    bounds: set[float] = set()
    for part in parts(list(schemas)):
        if isinstance(part, dict):
            # A dict below such a name is the schema of a property with this name, not the keyword.
            if any(not isinstance(part[name], dict) for name in _UNSUPPORTED & part.keys()):
                return None
            strings.update(part)
            if isinstance(part.get("pattern"), str):
                patterns.add(part["pattern"])
        elif isinstance(part, str):
            strings.add(part)
        elif isinstance(part, int | float):
            bounds.add(part)
    limits = tuple(sorted(bounds))
    lengths = tuple(_position(limits, length) for length in range(_USUAL))
    return SchemaOutline(frozenset(strings), limits, lengths, tuple(map(re.compile, sorted(patterns))))


def parts(schema: JSON) -> Iterator[JSON]:
    """Yield a JSON value and all values in it, at any depth."""
    yield schema
    members = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for member in members:
        yield from parts(member)
