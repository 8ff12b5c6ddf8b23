"""Judges control requests: simple requests that show what an endpoint and its model can do.

A finding is only held against the gateway if the model is known to follow such instructions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from conformance.core.model import Answer, Arrival, Exchange
from conformance.core.pointer import get
from conformance.judge.expectations import exactness
from conformance.judge.expectations.context import error_line
from conformance.judge.named_parameter import names_a_parameter
from conformance.protocol.reading import Reading

ABSENT = (404, 405, 501)
"""Statuses with which gateways answer on a path that they do not have."""

_VARIABLE = re.compile(r"[\w-]*\d[\w-]*")

TRANSIENT = frozenset({408, 429, 502, 503, 504, 529})
"""Statuses of errors that a later request may not get, also if they come from a proxy."""


@dataclass(frozen=True, slots=True)
class Control:
    """The result of the control requests for an endpoint.

    - `offered`: the gateway has the endpoint; `answers`: it answers a plain request;
    - `error`: the status and the words with which it refused the plain request, or "";
    - `up`: it still answered a plain request, sent after an error of a proxy, or a connection that broke;
    - `obeys`: the model repeats the requested word; `exact`: it adds nothing to the word; `speaks`: it answers with any
      text.

    The others are shown once for all endpoints with the same model:

    - `recalls`: the model finds a value in the earlier conversation;
    - `relays`: it repeats the result of a tool;
    - `writes`: it repeats a text of many words;
    - `fills`: it puts given values into the arguments of a tool call;
    - `abstains`: it answers with text although tools are available;
    - `pairs`: it makes two tool calls in one answer;
    - `indents`: it repeats lines with their indentation;
    - `collects`: it repeats several values that are named in the conversation;
    - `sees`: it names the colour of a picture;
    - `reads_schemas`: it takes values for the arguments of a call from the schema of the tool.

    `arrival` is shown for each case whose text the model did not say: see `judge/inconclusive/arrival.py`.
    """

    offered: bool
    answers: bool
    obeys: bool
    recalls: bool = True
    relays: bool = True
    writes: bool = True
    fills: bool = True
    abstains: bool = True
    pairs: bool = True
    indents: bool = True
    collects: bool = True
    sees: bool = True
    reads_schemas: bool = True
    exact: bool = True
    speaks: bool = True
    up: bool = True
    exchange: Exchange | None = None
    error: str = ""
    arrival: Arrival = ""

    @property
    def lacks(self) -> tuple[str, ...]:
        """The names of the abilities that were not shown and that a verdict can depend on."""
        return tuple(name for name in _SHOWN if not getattr(self, name))


_SHOWN = (
    "answers", "obeys", "recalls", "relays", "writes", "fills", "abstains", "pairs", "indents", "collects", "sees",
    "reads_schemas", "exact", "speaks", "up",
)  # fmt: skip

ASSUMED = Control(offered=True, answers=True, obeys=True)
"""For endpoints without a model."""


def without(lacks: Iterable[str], arrival: Arrival = "", error: str = "") -> Control:
    """Return a Control with all abilities except these: the `lacks`, `arrival` and `plain_error` of a verdict."""
    return _without(frozenset(lacks), arrival, error)


@lru_cache(maxsize=256)
def _without(missing: frozenset[str], arrival: Arrival, error: str) -> Control:
    shown: dict[str, Any] = {name: name not in missing for name in _SHOWN}
    return replace(ASSUMED, arrival=arrival, error=error, **shown)


NOTHING_SHOWN = without(_SHOWN)
"""For a run that ended before the control request."""


def judge_control(reading: Reading, word: str, stream: bool = False) -> Control:
    """Judge the exchange of the plain control request, which asked for `word`, with or without a stream."""
    answer = answered(reading, stream)
    return Control(
        offered=not _absent(reading),
        answers=answer is not None,
        obeys=answer is not None and says(answer, word),
        exact=answer is None or exactness.difference(word, answer.text) not in ("before", "after"),
        exchange=reading.exchange,
        speaks=not (reading.kind == _kind(stream) and not (answer and answer.text)),
        error=error_line(reading) if reading.kind == "error" and reading.exchange.status not in TRANSIENT else "",
    )


def answered(reading: Reading, stream: bool) -> Answer | None:
    """Return the answer; None if it is an error, or not a stream although one was requested, or the reverse."""
    return reading.answer if reading.kind == _kind(stream) else None


def _kind(stream: bool) -> str:
    return "stream" if stream else "json"


def says(answer: Answer, word: str) -> bool:
    """Whether the model wrote the word, in its text or in the arguments of a call."""
    return word.lower() in _words(answer).lower()


def abstains(answer: Answer, word: str) -> bool:
    """Whether the model answered with the word and called no tool; any other text may have come by chance."""
    return says(answer, word) and not answer.tool_calls


def pairs(answer: Answer, _word: str) -> bool:
    """Whether the model made several tool calls."""
    return len(answer.tool_calls) > 1


def indents(answer: Answer, word: str) -> bool:
    """Whether the model repeated the requested lines with their indentation, and the blank one between them."""
    lines = exactness.unfenced(answer.text).split("\n")
    return says(answer, word) and [len(line) - len(line.lstrip()) for line in lines] == _INDENTATION


_INDENTATION = [0, 4, 8, 0, 4]
"""The spaces before each line that the control request about indentation asks for; the fourth line is blank."""


def repeats_all(answer: Answer, word: str) -> bool:
    """Whether the model repeated the three words of the control request, which end in different trees."""
    return all(f"{word}-{tree}".lower() in answer.text.lower() for tree in ("ash", "elm", "oak"))


def sees(answer: Answer, _word: str) -> bool:
    """Whether the model named the colour of the picture."""
    return "red" in answer.text.lower()


def _words(answer: Answer) -> str:
    """Return all that the model wrote: its text, and the arguments of its calls."""
    arguments = (call.arguments for call in answer.tool_calls)
    return answer.text + "".join(value if isinstance(value, str) else json.dumps(value) for value in arguments)


def same_error(one: str, other: str) -> bool:
    """Whether two lines of `error_line` are the same error; words with a digit, such as request ids, may differ."""
    return bool(one) and _without_ids(one) == _without_ids(other)


def _without_ids(line: str) -> str:
    status, _, words = line.partition(":")
    return status + _VARIABLE.sub("#", words)


def _absent(reading: Reading) -> bool:
    """Whether the gateway does not have the endpoint.

    If the error mentions a model, only the model is unknown; if it names a parameter, the gateway has read the request.
    """
    if reading.exchange.status not in ABSENT or names_a_parameter(reading):
        return False
    model = get(reading.sent, "/model", str) or ""
    named = bool(model) and re.search(rf"(?<![\w.-]){re.escape(model)}(?![\w-])", reading.text) is not None
    return not named and "model" not in reading.text.lower()
