"""$name -> value in a case: a whole scalar takes any value, inside a longer text only a text.

`$name/pointer` names a part of a value, such as one that an earlier step kept, and `$name/*` as a member of a
list puts all members of that list in its place. A `$word` inside a longer text
that is no known name stays as it is, so that prices and shell snippets need no escape. Long texts are written
short: `{$repeat: "word ", times: 5000}`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from conformance.core.model import JSON
from conformance.core.pointer import PointerError, resolve

_WHOLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)((?:/\S*)?)")
_SPREAD = re.compile(r"\$([a-z_]+)((?:/[^\s]*)?)/\*")
REPEAT = "$repeat"
"""The key of a mapping that stands for a text, so many `times`."""

_INSIDE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


class UnknownNameError(LookupError):
    """A `$name` that stands for nothing, or a part that the kept value does not have."""


def fill(value: JSON, values: Mapping[str, JSON]) -> JSON:
    """A copy of `value` with every $name replaced; what stands for it is not looked into. Raises UnknownNameError."""
    return _Filling(values, frozenset(), nested=False).of(value)


def expand(value: JSON, values: Mapping[str, JSON], leave: Collection[str]) -> JSON:
    """As `fill`, but for the names to leave, and the values may hold $names themselves. Raises UnknownNameError."""
    return _Filling(values, frozenset(leave), nested=True).of(value)


def misspelt(value: JSON) -> Iterator[JSON]:
    """The mappings with `$repeat`, however deep, that stand for no text: in a body no schema says what they hold."""
    inner: Iterable[JSON] = ()
    if isinstance(value, dict):
        inner = value.values()
        if REPEAT in value and not _is_repeated(value):
            yield value
    elif isinstance(value, list):
        inner = value
    for member in inner:
        if isinstance(member, dict | list):
            yield from misspelt(member)


def _is_repeated(value: Mapping[str, JSON]) -> bool:
    times = value.get("times")
    often = times == "$body_limit" or (type(times) is int and times > 0)
    return value.keys() == {REPEAT, "times"} and isinstance(value[REPEAT], str) and often


@dataclass(frozen=True, slots=True)
class _Filling:
    """What names stand for while one value is filled."""

    values: Mapping[str, JSON]
    leave: frozenset[str]
    nested: bool

    def of(self, value: JSON) -> JSON:
        if isinstance(value, dict):
            members = {key: self.of(member) for key, member in value.items()}
            return members if self.nested or REPEAT not in value else _repeated(members)
        if isinstance(value, list):
            return [filled for member in value for filled in self._members(member)]
        return self._text(value) if isinstance(value, str) else value

    def _members(self, member: JSON) -> list[JSON]:
        """What stands in a list for one member of it: many, where it is `$name/*`."""
        match = _SPREAD.fullmatch(member) if isinstance(member, str) else None
        if match is None or match[1] in self.leave:
            return [self.of(member)] if match is None else [member]
        spread = self._whole(match[1], match[2])
        if not isinstance(spread, list):
            raise UnknownNameError(f"{member}: ${match[1]}{match[2]} is no list")
        return spread

    def _text(self, text: str) -> JSON:
        match = _WHOLE.fullmatch(text)
        if match is None:
            return _INSIDE.sub(self._inside, text)
        return text if match[1] in self.leave else self._whole(match[1], match[2])

    def _whole(self, name: str, pointer: str = "") -> JSON:
        if name not in self.values:
            known = ", ".join(f"${known}" for known in sorted({*self.leave, *self.values}))
            raise UnknownNameError(f"${name} stands for nothing here; known are {known or 'none'}")
        try:
            return resolve(self._looked_into(name), pointer)
        except PointerError as error:
            raise UnknownNameError(f"${name}{pointer}: {error}") from error

    def _inside(self, found: re.Match[str]) -> str:
        name = found[1]
        if name in self.leave or not isinstance(self.values.get(name), str):
            return found[0]
        value = self._whole(name)
        return value if isinstance(value, str) else found[0]

    def _looked_into(self, name: str) -> JSON:
        """What a name stands for; a value that holds its own name would never end, so the name is none inside."""
        if not self.nested:
            return self.values[name]
        others = {key: member for key, member in self.values.items() if key != name}
        return replace(self, values=others).of(self.values[name])


def _repeated(members: Mapping[str, JSON]) -> str:
    """The text that a mapping with `$repeat` stands for; written out only when it is sent."""
    return str(members[REPEAT]) * int(members["times"])
