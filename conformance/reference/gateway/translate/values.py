"""Reads values of a request, and refuses those of a wrong type in the words of the client's family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.model import JSON
from conformance.reference.gateway.families import MESSAGES
from conformance.reference.gateway.translate.ask import UnusableError

_KINDS: Mapping[str, tuple[type, ...]] = {
    "a string": (str,), "an array": (list,), "an object": (dict,), "a boolean": (bool,), "an integer": (int,),
    "a number": (int, float),
}  # fmt: skip


class Reader:
    """Reads one object of a request; `path` is where it stands, such as `messages[0]`."""

    def __init__(self, family: str, value: JSON, path: str = "") -> None:
        self.family = family
        self.path = path
        if not isinstance(value, dict):
            raise wrong(family, path or "body", "an object")
        self.value: dict[str, Any] = value

    def at(self, name: str | int) -> str:
        """The path of a member."""
        if self.family == MESSAGES or not isinstance(name, int):
            return f"{self.path}.{name}" if self.path else str(name)
        return f"{self.path}[{name}]"

    def get(self, name: str, kind: str) -> Any:
        """A member of a kind such as `a string`, or None if it is absent or null."""
        value = self.value.get(name)
        if value is None:
            return None
        good = isinstance(value, _KINDS[kind]) and (kind == "a boolean" or not isinstance(value, bool))
        if not good:
            raise wrong(self.family, self.at(name), kind)
        return value

    def text(self, name: str) -> str:
        """A required string."""
        return str(self.required(name, "a string"))

    def required(self, name: str, kind: str) -> Any:
        """A required member."""
        value = self.get(name, kind)
        if value is None:
            raise missing(self.family, self.at(name))
        return value

    def inner(self, name: str) -> Reader:
        """An object inside of this one; absent and null are an empty object."""
        return Reader(self.family, self.get(name, "an object") or {}, self.at(name))

    def each(self, name: str) -> Iterator[Reader]:
        """The objects of an array; absent and null are an empty array."""
        for index, value in enumerate(self.get(name, "an array") or []):
            path = self.at(name)
            yield Reader(self.family, value, f"{path}.{index}" if self.family == MESSAGES else f"{path}[{index}]")

    def at_least(self, name: str, least: int) -> int | None:
        """An integer that has a minimum, or None if it is absent or null."""
        value = self.get(name, "an integer")
        if value is not None and value < least:
            raise too_small(self.family, self.at(name), least, value)
        return None if value is None else int(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A string, or an array of strings, as a tuple."""
        value = self.value.get(name)
        if value is None or isinstance(value, str):
            return () if value is None else (value,)
        found = self.get(name, "an array")
        if not all(isinstance(each, str) for each in found):
            raise wrong(self.family, self.at(name), "an array of strings")
        return tuple(found)


def wrong(family: str, path: str, kind: str) -> UnusableError:
    """The error for a value that is not of the kind."""
    if family == MESSAGES:
        return UnusableError(f"{path}: Input should be {kind}", param=path)
    return UnusableError(f"Invalid type for '{path}': expected {kind}.", param=path, code="invalid_type")


def too_small(family: str, path: str, least: int, value: int) -> UnusableError:
    """The error for an integer below its minimum."""
    if family == MESSAGES:
        return UnusableError(f"{path}: Input should be greater than or equal to {least}", param=path)
    message = f"Invalid '{path}': expected a value >= {least}, but got {value} instead."
    return UnusableError(message, param=path, code="integer_below_min_value")


def missing(family: str, path: str) -> UnusableError:
    """The error for a required value that is absent."""
    if family == MESSAGES:
        return UnusableError(f"{path}: Field required", param=path)
    message = f"Missing required parameter: '{path}'."
    return UnusableError(message, param=path, code="missing_required_parameter")


def unknown_kind(family: str, path: str, kind: JSON) -> UnusableError:
    """The error for a part, item, tool or choice of a type that cannot be translated."""
    if family == MESSAGES:
        return UnusableError(f"{path}: the type {kind!r} is not supported by this model", param=path)
    message = f"'{path}' has the type {kind!r}, which is not supported with this model."
    return UnusableError(message, param=path, code="unsupported_value")
