"""The nouns of the scripted model: what it is asked and what it says, without a word of HTTP or JSON shapes.

The three families parse their requests into a `Prompt` and build their answers from a `Reply`; that a
streamed answer agrees with the JSON one follows from both being built from the same `Reply`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

JSON = Any
"""A JSON value as `json.loads` returns it."""

Role = Literal["system", "user", "assistant", "tool"]
Mode = Literal["auto", "none", "required"]
End = Literal["stop", "stop_sequence", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in the prompt; sizes are pixels."""

    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. `arguments` is JSON text, or free text when the tool is a `custom` one."""

    id: str
    name: str
    arguments: str
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation. A tool's result is a turn of role `tool` that `answers` a call's id."""

    role: Role
    text: str = ""
    images: tuple[Image, ...] = ()
    calls: tuple[Call, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool on offer. `schema` is the JSON Schema of its arguments; a `custom` tool takes free text."""

    name: str
    description: str
    schema: JSON
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request of any family, in the model's own terms.

    `schema` asks for JSON text that satisfies it (`{"type": "object"}` for plain JSON mode); `cap` and
    `reasoning` are tokens; `reasoning` is how many of them are spent before the answer begins.
    """

    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    mode: Mode = "auto"
    parallel: bool = True
    schema: JSON = None
    stop: tuple[str, ...] = ()
    cap: int | None = None
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says: reasoning, then text, then calls (whose ids are left to the family)."""

    reasoning: str
    text: str
    calls: tuple[Call, ...]
    end: End
    stop_sequence: str | None
    reasoning_tokens: int
    output_tokens: int
