"""The members of a step in a case file, as types.

`schemas/case.schema.json` is the format. In a loaded case, strings may still contain `$names`. `Any` is a value
that a request or an answer may hold: any JSON.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

KeyForm = str | dict[str, str]
"""A key that is sent instead of the valid one: `wrong`, or a text as {text: ...}."""


class StepRequest(TypedDict, total=False):
    """The request of a step; every member has a default."""

    body: Any
    raw: str | list[str]
    raw_base64: str
    compress: Literal["gzip", "zstd"]
    until: dict[str, list[Any]]
    follows: bool
    leaves_after: str | int
    reads_slowly: float
    together: bool
    to: str
    method: str
    path: str
    query: str
    headers: dict[str, str | None]
    auth: str | dict[str, KeyForm]


class UpstreamScript(TypedDict):
    """The answers of the suite as the gateway's upstream.

    `family` is the one in which the request has to arrive there. `gives_up` chooses a model for which the profile
    states a timeout. `answers` are those to the requests of the gateway, in order; the last one repeats
    (`conformance.reference.scripted.script`). `wait` is the seconds within which the requests to the upstream have to
    end after the answer.
    """

    family: str
    gives_up: NotRequired[bool]
    answers: NotRequired[list[dict[str, Any]]]
    wait: NotRequired[float]


class ErrorExpectation(TypedDict, total=False):
    """Words that an error should or must not contain."""

    should_say: list[str]
    never_say: list[str]
    param: list[str]


class ToolCallExpectation(TypedDict):
    """A tool call, and values among its arguments."""

    name: str
    arguments: NotRequired[dict[str, Any]]


class AnswerExpectation(TypedDict, total=False):
    """The content of the answer."""

    contains: str | list[str]
    verbatim: str
    lacks: str
    text: Literal["present", "absent"]
    json: Any
    stop: list[str]
    tool_calls: list[ToolCallExpectation]
    max_tool_calls: int
    reasoning: Literal["present", "absent"]
    choices: int
    max_output_tokens: int


# Functional syntax, because `from` and `in` are keywords of Python.
ConvertedExpectation = TypedDict("ConvertedExpectation", {"from": str, "answer": AnswerExpectation})
"""The answer that is accepted instead of an error, if the endpoint converts bodies of the family `from`."""

DifferenceExpectation = TypedDict("DifferenceExpectation", {"step": int, "in": list[str]})
"""Places whose values must differ from those in an earlier step (from 1)."""


class UpstreamExpectation(TypedDict, total=False):
    """The requests that the gateway has to send to its upstream: how many, and values in the last one."""

    requests: int
    equal: dict[str, Any]
    present: list[str]
    absent: list[str]
    headers: dict[str, str | None]


class KeptWord(TypedDict):
    """A word of the text at a JSON Pointer, counted from 1."""

    at: str
    word: int


class Expectation(TypedDict):
    """The expectations of a step."""

    outcome: Literal["success", "refusal", "either", "failure"]
    status: NotRequired[list[int]]
    should_be: NotRequired[list[int]]
    error: NotRequired[ErrorExpectation]
    answer: NotRequired[AnswerExpectation]
    unless_converted: NotRequired[ConvertedExpectation]
    present: NotRequired[list[str]]
    absent: NotRequired[list[str]]
    positive: NotRequired[list[str]]
    equal: NotRequired[dict[str, Any]]
    one_of: NotRequired[dict[str, list[Any]]]
    includes: NotRequired[dict[str, Any]]
    lists: NotRequired[str]
    excludes: NotRequired[dict[str, Any]]
    differs: NotRequired[DifferenceExpectation]
    within: NotRequired[float]
    incremental: NotRequired[bool]
    same_as: NotRequired[int]
    parameter: NotRequired[str]
    upstream: NotRequired[UpstreamExpectation]
