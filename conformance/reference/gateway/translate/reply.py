"""An answer in the form between the families: the pieces of a stream.

An answer that is not streamed is a few large pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from conformance.core.bounded_json import read_object
from conformance.core.model import JSON
from conformance.reference.gateway.errors import Words

Reason = Literal["stop", "length", "tool_calls", "stop_sequence", "filter"]


@dataclass(frozen=True, slots=True)
class Begin:
    """The start; `usage` is what is known of it."""

    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `input` includes those `read` from and `written` to the cache, `output` includes `reasoning`."""

    input: int
    output: int
    read: int = 0
    written: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of text."""

    text: str
    logprobs: tuple[JSON, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A piece of a refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of reasoning, or its signature."""

    text: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class CallBegin:
    """The start of a tool call; `key` tells the calls of one answer apart. `search` calls a search for tools."""

    key: int
    id: str
    name: str
    custom: bool = False
    namespace: str = ""
    search: bool = False


@dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of the arguments of a call."""

    key: int
    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of an answer. `sequence` is the stop sequence that was reached, if that is known."""

    reason: Reason
    usage: Usage | None = None
    sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of an answer that failed; nothing follows."""

    status: int
    words: Words


@dataclass(frozen=True, slots=True)
class Silence:
    """A sign of life while nothing is said."""


Piece = Begin | Said | Refused | Thought | CallBegin | CallPiece | End | Failed | Silence


@dataclass(slots=True)
class Part:
    """A finished part of an answer."""

    kind: Literal["text", "refusal", "thought", "call"]
    text: str = ""
    signature: str = ""
    id: str = ""
    name: str = ""
    custom: bool = False
    namespace: str = ""
    search: bool = False
    logprobs: tuple[JSON, ...] = ()


@dataclass(slots=True)
class Collected:
    """The parts of an answer so far. Its pieces must be in sequence."""

    parts: list[Part] = field(default_factory=list)

    def add(self, piece: Piece) -> bool:
        """Adds a piece; returns whether it begins a part."""
        match piece:
            case Said(text, logprobs):
                new = self._continue("text", text)
                self.parts[-1].logprobs += logprobs
            case Refused(text):
                new = self._continue("refusal", text)
            case Thought(text, signature):
                new = self._continue("thought", text)
                self.parts[-1].signature = signature or self.parts[-1].signature
            case CallBegin():
                self.parts.append(_call(piece))
                new = True
            case CallPiece(_, text):
                self.parts[-1].text += text
                new = False
            case _:
                new = False
        return new

    def _continue(self, kind: Literal["text", "refusal", "thought"], text: str) -> bool:
        new = not self.parts or self.parts[-1].kind != kind
        if new:
            self.parts.append(Part(kind))
        self.parts[-1].text += text
        return new


def _call(begun: CallBegin) -> Part:
    return Part(
        "call",
        id=begun.id,
        name=begun.name,
        custom=begun.custom,
        namespace=begun.namespace,
        search=begun.search,
    )


class Sequencer:
    """Puts the pieces of parallel calls in sequence: a call begins after the one before it is complete.

    A call is complete when its arguments are a JSON object, and at the end of the answer. Later pieces wait.
    """

    def __init__(self) -> None:
        self._open: CallBegin | None = None
        self._text = ""
        self._closed: set[int] = set()
        self._waiting: list[Piece] = []

    def put(self, piece: Piece) -> Iterator[Piece]:
        """The pieces that can be passed on."""
        if isinstance(piece, Begin | Silence):
            yield piece
        elif isinstance(piece, End | Failed):
            while self._waiting:
                yield from self._next()
            yield piece
        elif isinstance(piece, CallPiece) and piece.key in self._closed:
            return  # white space after the JSON text
        elif self._open is None or (isinstance(piece, CallPiece) and piece.key == self._open.key):
            yield self._passed(piece)
        else:
            self._waiting.append(piece)
            if not self._open.custom and self._text.rstrip().endswith("}") and read_object(self._text) is not None:
                yield from self._next()

    def _passed(self, piece: Piece) -> Piece:
        if isinstance(piece, CallBegin):
            self._open, self._text = piece, ""
        elif isinstance(piece, CallPiece):
            self._text += piece.text
        return piece

    def _next(self) -> Iterator[Piece]:
        """Closes the open call, and passes the waiting pieces on as if they arrived now."""
        if self._open is not None:
            self._closed.add(self._open.key)
        waiting, self._waiting, self._open = self._waiting, [], None
        for piece in waiting:
            yield from self.put(piece)


def in_sequence(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """All pieces of an answer in sequence."""
    sequencer = Sequencer()
    for piece in pieces:
        yield from sequencer.put(piece)


def ending(end: End, parts: Iterable[Part]) -> End:
    """The end with the reason `tool_calls` if it is natural and there are calls, as with a forced tool in Chat."""
    called = end.reason == "stop" and any(part.kind == "call" for part in parts)
    return replace(end, reason="tool_calls") if called else end
