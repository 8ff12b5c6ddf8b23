"""A request in the form between the families: what it asks of the model, whatever its family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from conformance.core.model import JSON


class UnusableError(Exception):
    """A request that the gateway refuses with 400: `param` is the parameter at fault, as the request names it."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class Text:
    """A text of any role; `refusal` marks the refusal of a model, `cached` the end of a prefix for the prompt cache."""

    text: str
    refusal: bool = False
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: a `data:` URL or another URL. `detail` is OpenAI's."""

    url: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A document: `url` is a `data:` URL or another URL; `id` names a file that the upstream keeps."""

    url: str = ""
    name: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning of an earlier turn with the signature by which its vendor knows it; "" without one."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of an earlier turn; `arguments` is JSON text, or free text if the tool is custom."""

    id: str
    name: str
    arguments: str
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a tool call."""

    id: str
    parts: tuple[Text | Image | File, ...]
    custom: bool = False
    failed: bool = False


Part = Text | Image | File | Thought | Call | Result


@dataclass(frozen=True, slots=True)
class Turn:
    """Consecutive parts of one role. A turn of `tool` has only results."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the client runs. `schema` is None without parameters; `format` is the format of a custom tool.

    `name` is its name at the upstream. In Responses, the client calls it `called`, in a `namespace` or in none.
    """

    name: str
    description: str | None = None
    schema: JSON = None
    strict: bool | None = None
    custom: bool = False
    format: JSON = None
    deferred: bool = False
    """Whether the model finds the tool by a search, and does not have it from the start."""
    called: str = ""
    namespace: str = ""
    search: bool = False
    """Whether the tool is the search by which the model finds deferred tools."""


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A web search that the upstream runs. `place` has the members of the user's location; `path` is for errors."""

    size: str | None = None
    place: Mapping[str, JSON] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The tools that the model may or must call: `only` limits them to these names."""

    mode: Literal["auto", "any", "none"]
    only: tuple[str, ...] = ()
    named: bool = False
    """Whether `only` is one tool that has to be called."""


@dataclass(frozen=True, slots=True)
class Output:
    """Structured output: `schema` is None for any JSON object."""

    schema: JSON
    name: str = ""
    description: str | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `body` is the request as it was sent, for answers that repeat it.

    `shared` are parameters with the same name and meaning in both OpenAI families.
    """

    model: str
    turns: tuple[Turn, ...]
    body: Mapping[str, JSON]
    system: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    web: WebSearch | None = None
    finds: bool = False
    """Whether the upstream searches for deferred tools."""
    choice: Choice | None = None
    parallel: bool | None = None
    cap: int | None = None
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    output: Output | None = None
    effort: str | None = None
    thinks: bool | None = None
    """Whether the client wants to read the model's reasoning; None if its family cannot say so."""
    signed: bool = False
    """Whether the client wants reasoning that it can send back in the next turn."""
    logprobs: bool = False
    top_logprobs: int | None = None
    verbosity: str | None = None
    user: str | None = None
    stream: bool = False
    include_usage: bool = False
    obfuscation: bool | None = None
    shared: Mapping[str, JSON] = field(default_factory=dict)


BREAKPOINT: JSON = {"mode": "explicit"}
"""The mark of OpenAI's families for the end of a prefix in the prompt cache."""

UNSIGNED = "unsigned"
"""The signature of thinking whose vendor gave none; Messages needs one."""


def is_data(url: str) -> bool:
    """Whether a URL holds its data itself."""
    return url.startswith("data:")


def split_data(url: str) -> tuple[str, str]:
    """The media type and the base64 text of a `data:` URL."""
    head, _, data = url.partition(",")
    return head.removeprefix("data:").partition(";")[0], data


def estimate(ask: Ask) -> int:
    """A rough number of the prompt's tokens, for the start of a stream: four characters are a token."""
    return 1 + sum(map(len, (*ask.system, *(str(turn.parts) for turn in ask.turns)))) // 4
