"""Data that is read step by step: each part knows where it stands, so that an error can say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from conformance.core.model import JSON

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a part of a document."""

T = TypeVar("T")


class NodeError(ValueError):
    """A part of the data is wrong: one sentence, and the path of the part."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a document and its path. All methods raise NodeError where the part is of another kind."""

    value: JSON
    path: Path = ()

    def wrong(self, sentence: str) -> NodeError:
        """The error to raise for this part."""
        return NodeError(self.path, sentence)

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise self.wrong(f"a text is expected here, not {_short(self.value)}")
        return self.value

    def number(self) -> float:
        """A number."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self.wrong(f"a number is expected here, not {_short(self.value)}")
        return self.value

    def texts(self) -> list[str]:
        """A list of texts; a text alone is a list of one."""
        return [self.value] if isinstance(self.value, str) else [each.text() for each in self.items()]

    def items(self) -> list[Node]:
        """The members of a list."""
        if not isinstance(self.value, list):
            raise self.wrong(f"a list is expected here, not {_short(self.value)}")
        return [Node(value, (*self.path, index)) for index, value in enumerate(self.value)]

    def members(self) -> dict[str, Node]:
        """The members of an object."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"an object is expected here, not {_short(self.value)}")
        return {key: Node(value, (*self.path, key)) for key, value in self.value.items()}

    def member(self, known: Mapping[str, T]) -> tuple[T, Node]:
        """An object with one member: the meaning of its key, and its value."""
        members = self.members()
        if len(members) != 1:
            raise self.wrong(f"an object with one key is expected here, not {_short(self.value)}")
        ((key, value),) = members.items()
        return Node(key, value.path).choice(known), value

    def choice(self, known: Mapping[str, T]) -> T:
        """The meaning of a word."""
        if self.text() not in known:
            raise self.wrong(f"unknown key or word {self.value!r}; known are {', '.join(known)}")
        return known[self.text()]


def _short(value: JSON) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
