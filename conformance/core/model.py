"""The records that all packages share: frozen dataclasses without behaviour.

Times are seconds (float). `at` is the time since the request was sent. Headers are (name, value) pairs in wire
order, with duplicates, names as received. Bodies are the bytes after transfer decoding and content decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.core.case_format import Expectation, KeptWord, StepRequest, UpstreamScript

JSON = Any
"""A JSON value as `json.loads` returns it."""

Headers = tuple[tuple[str, str], ...]
Level = Literal["must", "should", "may", "info"]
Blame = Literal["", "gateway", "upstream"]
Impact = Literal["breaks", "degrades", "cosmetic"]
Outcome = Literal["passed", "failed", "warned", "unverified", "not_applicable", "known"]
Arrival = Literal["", "arrived", "lost"]
Ending = Literal["complete", "cut", "timeout", "unreachable", "too_large", "not_recorded", "left"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the contract, from a rules.yaml file. Reports, lists of known failures and docs use its `id`."""

    id: str
    level: Level
    impact: Impact
    sentence: str
    source: str
    breaks: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in an answer: a JSON Pointer, an event number (from 1) and a byte offset in the body, each optional."""

    pointer: str | None = None
    event: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """A violation of a rule, as a check yields it: without a level. `contract.weigh` makes a Finding of it."""

    rule: str
    expected: str
    got: str
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class Finding:
    """A Breach with the level of its rule and the step (from 0) of the case in which it was found."""

    rule: str
    level: Level
    expected: str
    got: str
    where: Where = Where()
    step: int = 0
    blame: Blame = ""
    """The party that caused it, if the case was also run against the upstream; "" otherwise."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of a body that arrived together."""

    at: float
    data: bytes


WRITTEN_BODY = 2 * 1024 * 1024
"""Bytes. Of a longer request body, only the beginning is written to reports."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its key: `auth` names the header forms (bearer, x-api-key) to which the client adds the key."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    auth: tuple[str, ...] = ()
    follows: bool = True
    """Whether to follow a redirect that keeps method and body (307, 308)."""
    leaves_after: str | int = ""
    """When the client closes the connection early: after "request", after half a second of "silence", after "headers",
    or after N events of a stream."""
    reads_slowly: float = 0.0
    """Seconds that the client waits after each piece of the body that it reads."""

    @property
    def is_written(self) -> bool:
        """Whether reports have the whole body."""
        return len(self.body) <= WRITTEN_BODY


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `status` is None if no answer began.

    `ended` says how the answer ended, and `problem` is the error message if it is not "complete". It also says how a
    WebSocket without messages was closed. `seconds` is the duration of the exchange, `date` its start in ISO 8601.
    """

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
    """Parts missing from a recording: any of `headers`, `bytes` (byte layout), `timing`, `request` (exact request), and
    `framing`: the body is not as long as its headers say, because the recorder decoded it."""
    behind: tuple[Exchange, ...] = ()
    """The requests that the gateway sent to its upstream for this one, if the suite is the upstream.

    There, `ended` is "cut" if the suite broke the answer off, and "left" if the gateway closed the connection early.
    """


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event as dispatched by the WHATWG algorithm. `number` counts from 1; `offset` is in bytes."""

    name: str
    data: str
    number: int
    offset: int
    at: float
    id: str = ""
    named: bool = False
    """Whether the event has an `event:` line; without one, `name` is `message`."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """Something unusual in the framing of an event stream. `kind` is one of those that `sse.Stream` lists."""

    kind: str
    offset: int
    detail: str = ""
    event: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of any family. `arguments` is the raw text (Chat Completions, Responses) or an object (Messages)."""

    id: str
    name: str
    arguments: JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """The content of an answer, in the same shape for all families, streamed or not."""

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
    """One exchange of a case. `request` and `expect` are the YAML mappings; they may still contain `$names`."""

    request: StepRequest
    expect: Expectation
    keep: Mapping[str, str | KeptWord] = field(default_factory=dict)
    upstream: UpstreamScript | None = None
    """The answers of the suite as the gateway's upstream, in a two-sided case."""

    @property
    def upgrades(self) -> bool:
        """Whether the request asks for a WebSocket, over which its body goes."""
        return any(name.lower() == "upgrade" for name in self.request.get("headers", {}))


@dataclass(frozen=True, slots=True)
class Case:
    """One test: the requests to send to an endpoint, and what is expected. `id` is `<family>/<area>/<case>`."""

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
    """The name of the route to the gateway, if there are several; "" otherwise."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was followed by a retry: its step (from 0), its result, and the seconds until the retry.

    `status` and `ended` are those of its exchange; `got` says the same in words.
    """

    step: int
    got: str
    waited: float
    status: int | None = None
    ended: Ending = "complete"


@dataclass(frozen=True, slots=True)
class Observed:
    """The facts about an exchange, and the groups of rules it was held against; scopes of problems are made of them."""

    facts: tuple[str, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a case. `reason` explains an outcome that the findings do not explain."""

    case: Case
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    lacks: tuple[str, ...] = ()
    """The fields of `Control` (such as `answers` or `recalls`) that the control requests did not confirm."""
    plain_error: str = ""
    """The error with which the endpoint refused the plain control request; "" if it answered."""
    arrival: Arrival = ""
    """Whether the tokens of the prompt show that a text reached the model, which did not say it; "" if unknown."""
    observed: tuple[Observed, ...] = ()
    """One for each exchange."""
    upstream: Verdict | None = None
    """The verdict on the upstream for the same case, if the gateway broke a rule and the upstream was asked too."""
