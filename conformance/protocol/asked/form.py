"""The content of a request, in the same shape for every family.

`schemas/*/request.schema.json` and the vendors' SDKs describe the requests themselves: openai 3.57
(`types/chat/completion_create_params.py`, `types/responses/response_create_params.py`) and anthropic 2.14
(`types/message_create_params.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Schema = str
"""A JSON Schema as canonical JSON."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text. `role` is system (also for developer and for `instructions`), user or assistant."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a sound or a file.

    `data` is `sha256:...` of the bytes, or the URL or the file id that stands for them. `kind` is image, audio or file.
    `type` is the media type, or "" if the request does not say it. `detail` is "" for `auto`.
    """

    role: str
    kind: str
    data: str
    type: str = ""
    detail: str = ""

    @property
    def is_bytes(self) -> bool:
        """Whether the request has the bytes themselves."""
        return self.data.startswith("sha256:")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call in the history. `arguments` is canonical JSON; the input of a custom tool is a text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a tool call. `is_error` is None in families that cannot say it."""

    id: str
    texts: tuple[str, ...]
    media: tuple[Media, ...] = ()
    is_error: bool | None = None


@dataclass(frozen=True, slots=True)
class Native:
    """Content that only its own family has, as canonical JSON: reasoning with its signature, and other types."""

    role: str
    kind: str
    value: str


Part = Text | Media | Call | Result | Native


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. Tools of other kinds than `function` have their whole definition in `schema`.

    `more` has the other members of a function, such as `defer_loading`, as canonical JSON.
    """

    name: str
    description: str
    schema: Schema
    kind: str = "function"
    strict: bool | None = None
    more: str = "{}"


@dataclass(frozen=True, slots=True)
class Choice:
    """The choice of a tool: auto, none, any, named (with `name`), or other (with `name` as canonical JSON).

    `parallel` is False if at most one tool may be called at a time.
    """

    mode: str = "auto"
    name: str = ""
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark for the prompt cache: `place` names the content that it stands at, `value` is canonical JSON."""

    place: str
    value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The content of a request.

    `parts` are in the order of the request; the texts of `instructions` and `system` come first. `refers` says whether
    the request continues a stored one, so that its content is only a part of the prompt. `enclosed` are the texts of
    documents and search results, which are texts of the user in families without such content. `inner_tools` is the
    number of tools that stand in a namespace or in an item, and are tools of their own in families without those.
    """

    model: object
    parts: tuple[Part, ...]
    tools: tuple[Tool, ...] = ()
    choice: Choice = Choice()
    marks: tuple[Mark, ...] = ()
    refers: bool = False
    enclosed: tuple[str, ...] = ()
    inner_tools: int = 0

    @property
    def system(self) -> tuple[str, ...]:
        """The system texts, in order."""
        return tuple(part.text for part in self.parts if isinstance(part, Text) and part.role == "system")


MODES: Mapping[str, str] = {"auto": "auto", "none": "none", "required": "any", "any": "any"}
"""The words for a choice -> the mode."""
