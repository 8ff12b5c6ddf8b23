"""The records of the scripted model, independent of HTTP and of the APIs' JSON formats.

The three APIs parse their requests into a `Prompt`, and build JSON answers and streams from the same `Reply`, so that
both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

JSON = Any
"""A JSON value as `json.loads` returns it."""

Role = Literal["system", "user", "assistant", "tool"]
Mode = Literal["auto", "none", "required"]
End = Literal["stop", "stop_sequence", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the prompt; sizes are pixels. `colour` is the name of the colour of its first pixel, if known."""

    media_type: str
    width: int
    height: int
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. `arguments` is JSON text, or free text for a `custom` tool.

    `namespace` is that of the tool, if it has one. A `search` is a call of `tool_search`, which the client runs.
    """

    id: str
    name: str
    arguments: str
    custom: bool = False
    namespace: str = ""
    search: bool = False


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
    """A tool that may be called. `schema` is the JSON Schema of its arguments; a `custom` tool takes free text.

    A call of a `strict` tool is always valid by the schema; otherwise a value that the question gives comes first.
    A `search` for more tools is only called by its name.
    """

    name: str
    description: str
    schema: JSON
    custom: bool = False
    strict: bool = False
    namespace: str = ""
    search: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request of any API, in the model's terms.

    `schema` asks for JSON text that is valid by it (`{"type": "object"}` for plain JSON mode). `cap` is the token
    limit, `reasoning` the number of tokens spent before the answer begins.
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
    """The model's output: reasoning, then text, then calls; the API gives calls without an id one of its own.

    `refusal` has the words of a refusal, which takes the place of the text. `parts` are those of a text that is written
    in several parts. `signature` belongs to the reasoning; without one, the API makes it.
    """

    reasoning: str
    text: str
    calls: tuple[Call, ...]
    end: End
    stop_sequence: str | None
    reasoning_tokens: int
    output_tokens: int
    refusal: str = ""
    parts: tuple[str, ...] = ()
    signature: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The parts of the text; none without a text."""
        return self.parts or ((self.text,) if self.text else ())
