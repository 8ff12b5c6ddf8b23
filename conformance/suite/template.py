"""Templates in cases: replaces `$name` by values.

- A string that is only `$name` is replaced by a value of any type.
- `$name` inside a longer string is replaced if the value is a string. Other `$words` stay as they are, so that prices
  and shell snippets need no escaping.
- `$name/pointer` is a part of a value, by JSON Pointer, such as a member that an earlier step kept. A `$name` in the
  pointer is replaced, too: `$body/$to` is the body for the endpoint that `to` names.
- `$name/*` as a member of a list is replaced by all members of the list `$name`.
- `{$repeat: "word ", times: 5000}` is a long text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from conformance.core.model import JSON
from conformance.core.pointer import PointerError, resolve

_NAME_ALONE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)((?:/\S*)?)")
_ALL_MEMBERS = re.compile(r"\$([a-z_]+)((?:/[^\s]*)?)/\*")
_NAME_IN_TEXT = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")

REPEAT = "$repeat"
"""The key of a mapping that stands for a repeated text."""


class UnknownNameError(LookupError):
    """A `$name` without a value, or a pointer to a part that the value does not have."""


def fill(value: JSON, values: Mapping[str, JSON]) -> JSON:
    """Return a copy of `value` with every $name replaced and every $repeat written out, for sending.

    `$names` inside the values themselves are not replaced. Raises UnknownNameError.
    """
    return _Template(values, frozenset(), nested=False).fill(value)


def expand(value: JSON, values: Mapping[str, JSON], leave: Collection[str]) -> JSON:
    """Return a copy of `value` with $names replaced, for loading.

    Unlike with `fill`, the values may contain $names themselves, and the names in `leave` (those that get a value at
    run time) and every $repeat stay. Raises UnknownNameError.
    """
    return _Template(values, frozenset(leave), nested=True).fill(value)


def invalid_repeats(value: JSON) -> Iterator[JSON]:
    """Yield the invalid mappings with `$repeat`, at any depth. They can be in any body, so no schema checks them."""
    members: Iterable[JSON] = ()
    if isinstance(value, dict):
        members = value.values()
        if REPEAT in value and not _is_valid_repeat(value):
            yield value
    elif isinstance(value, list):
        members = value
    for member in members:
        if isinstance(member, dict | list):
            yield from invalid_repeats(member)


def _is_valid_repeat(value: Mapping[str, JSON]) -> bool:
    times = value.get("times")
    is_count = times == "$body_limit" or (type(times) is int and times > 0)
    return value.keys() == {REPEAT, "times"} and isinstance(value[REPEAT], str) and is_count


@dataclass(frozen=True, slots=True)
class _Template:
    """The values for names, and how to use them; see `fill` and `expand`."""

    values: Mapping[str, JSON]
    leave: frozenset[str]
    nested: bool

    def fill(self, value: JSON) -> JSON:
        if isinstance(value, dict):
            members = {key: self.fill(member) for key, member in value.items()}
            return members if self.nested or REPEAT not in value else _repeat(members)
        if isinstance(value, list):
            return [filled for member in value for filled in self._list_member(member)]
        return self._text(value) if isinstance(value, str) and "$" in value else value

    def _list_member(self, member: JSON) -> list[JSON]:
        """Return what replaces one member of a list: several members for `$name/*`, else one."""
        match = _ALL_MEMBERS.fullmatch(member) if isinstance(member, str) and "$" in member else None
        if match is None:
            return [self.fill(member)]
        if match[1] in self.leave:
            return [member]
        members = self._value(match[1], match[2])
        if not isinstance(members, list):
            raise UnknownNameError(f"{member}: ${match[1]}{match[2]} is not a list")
        return members

    def _text(self, text: str) -> JSON:
        match = _NAME_ALONE.fullmatch(text)
        if match is None:
            return _NAME_IN_TEXT.sub(self._replace_in_text, text)
        return text if match[1] in self.leave else self._value(match[1], match[2])

    def _replace_in_text(self, found: re.Match[str]) -> str:
        name = found[1]
        if name in self.leave or not isinstance(self.values.get(name), str):
            return found[0]
        value = self._value(name)
        return value if isinstance(value, str) else found[0]

    def _value(self, name: str, pointer: str = "") -> JSON:
        """Return the value of `$name/pointer`. Raises UnknownNameError."""
        if name not in self.values:
            known = ", ".join(f"${known}" for known in sorted({*self.leave, *self.values}))
            raise UnknownNameError(f"unknown name ${name}; known names: {known or 'none'}")
        try:
            return resolve(self._filled_value(name), _NAME_IN_TEXT.sub(self._replace_in_text, pointer))
        except PointerError as error:
            raise UnknownNameError(f"${name}{pointer}: {error}") from error

    def _filled_value(self, name: str) -> JSON:
        """Return the value of a name. With `nested`, $names in it are replaced, except its own (no endless loop)."""
        if not self.nested:
            return self.values[name]
        others = {key: member for key, member in self.values.items() if key != name}
        return replace(self, values=others).fill(self.values[name])


def _repeat(members: Mapping[str, JSON]) -> str:
    """Return the text of a mapping with `$repeat`."""
    return str(members[REPEAT]) * int(members["times"])
