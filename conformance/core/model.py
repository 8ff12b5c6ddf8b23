"""The nouns of the suite: frozen records without behaviour.

Times are seconds (float); `at` counts from the moment the request was sent. Headers are pairs in wire
order, duplicates kept, names as received. Bodies are the bytes of the wire after transfer decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = Any
"""A JSON value as `json.loads` returns it."""

Headers = tuple[tuple[str, str], ...]
Level = Literal["must", "should", "may", "info"]
Blame = Literal["", "gateway", "upstream"]
Impact = Literal["breaks", "degrades", "cosmetic"]
Outcome = Literal["passed", "failed", "warned", "unverified", "not_applicable", "known"]
Ending = Literal["complete", "cut", "timeout", "unreachable", "too_large", "not_recorded", "left"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence that every answer is held against; reports, waivers and docs speak of its `id`."""

    id: str
    level: Level
    impact: Impact
    sentence: str
    source: str
    breaks: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in an exchange: any of a JSON pointer, an event's number (from 1), a byte offset in the body."""

    pointer: str | None = None
    event: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """What a check yields: the rule that was broken, what was expected, what came, and where."""

    rule: str
    expected: str
    got: str
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach with the weight that the rulebook gives it, and the step (from 0) of the case it was found in."""

    rule: str
    level: Level
    expected: str
    got: str
    where: Where = Where()
    step: int = 0
    blame: Blame = ""
    """Whose mistake it is, where the gateway's upstream was asked as well."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of a body as they arrived together."""

    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `auth` names the header forms (bearer, x-api-key) that carry the key, which only the wire sees."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    auth: tuple[str, ...] = ()
    follows: bool = True
    """Whether a redirect that keeps method and body is followed."""
    leaves_after: str | int = ""
    """When the client goes away before the end: after its `request`, the `headers`, or so many events of a stream."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and everything that came back. `status` is None when no answer began."""

    family: str
    request: Request
    status: int | None
    headers: Headers = ()
    chunks: tuple[Chunk, ...] = ()
    ended: Ending = "complete"
    problem: str = ""
    http_version: str = "HTTP/1.1"
    seconds: float = 0.0
    date: str = ""
    lacks: frozenset[str] = frozenset()
    """What the recording did not keep: any of `headers`, `bytes` (the byte layout), `timing`, `request` (as it was)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event as dispatched by the WHATWG algorithm. `number` counts from 1."""

    name: str
    data: str
    number: int
    offset: int
    at: float
    id: str = ""
    named: bool = False
    """Whether an `event:` line was present; without one `name` is `message`."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """Something unusual about the framing of an event stream, named as the framing rules name it."""

    kind: str
    offset: int
    detail: str = ""
    event: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call in any family; `arguments` is the raw text (chat, responses) or the object (messages)."""

    id: str
    name: str
    arguments: JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, the same shape for all families, streamed or not."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop: str | None = None
    refusal: str = ""
    reasoning: str = ""
    choices: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One exchange of a case. `request` and `expect` are the YAML mappings, `$names` still in them."""

    request: Mapping[str, JSON]
    expect: Mapping[str, JSON]
    keep: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: what is sent to which endpoint, and what must come of it. `id` is <family>/<area>/<case>."""

    id: str
    title: str
    family: str
    area: str
    endpoint: str
    level: Level
    source: str
    needs: tuple[str, ...]
    steps: tuple[Step, ...]
    file: str
    line: int
    values: Mapping[str, JSON] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    route: str = ""
    """The route to the gateway by which it is asked, where there are several."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was not the last: at which step (from 0), what came of it, and the seconds waited before the next."""

    step: int
    got: str
    waited: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a case ended, and why."""

    case: Case
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    lacks: tuple[str, ...] = ()
    """What the control requests did not show of the endpoint and its model: the fields of Control."""
    upstream: Verdict | None = None
    """The same case asked of the gateway's upstream, where the gateway broke something."""
