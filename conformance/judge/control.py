"""What a control request shows of an endpoint and its model, before anything is blamed on the gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.core.model import Answer, Exchange
from conformance.core.pointer import get
from conformance.protocol.reading import Reading

ABSENT = (404, 405, 501)
"""What gateways answer on a path that they do not serve."""


@dataclass(frozen=True, slots=True)
class Control:
    """What the control showed: whether the endpoint is there, answers, and its model does as it is asked.

    What a model can do, it has to show at any endpoint: `recalls`, that it finds in what was said before what it is
    asked for; `fills`, that it puts named values into the arguments of a call; `abstains`, that it answers in words
    although tools are at hand; `pairs`, that it makes two calls at once. `wordless` is whether the control request was
    answered with no word, which says less of a model than other words do.
    """

    offered: bool
    answers: bool
    obeys: bool
    recalls: bool = True
    fills: bool = True
    abstains: bool = True
    pairs: bool = True
    exchange: Exchange | None = None
    wordless: bool = False

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it did not show, of what a verdict can hang on."""
        return tuple(name for name in _SHOWN if not getattr(self, name))


_SHOWN = ("answers", "obeys", "recalls", "fills", "abstains", "pairs")

ASSUMED = Control(offered=True, answers=True, obeys=True)
"""For endpoints without a model to ask."""


def without(lacks: Iterable[str]) -> Control:
    """A control that showed everything but this, as a verdict keeps it."""
    missing = frozenset(lacks)
    answers, obeys, recalls, fills, abstains, pairs = (name not in missing for name in _SHOWN)
    return Control(True, answers, obeys, recalls, fills, abstains, pairs)


NOTHING_SHOWN = without(_SHOWN)
"""For a run that ended before the model was asked a plain question."""


def judge_control(reading: Reading, word: str, stream: bool = False) -> Control:
    """What the exchange of a plain control request shows, which was to be answered as a stream or not."""
    answer = answered(reading, stream)
    return Control(
        offered=not _absent(reading),
        answers=answer is not None,
        obeys=answer is not None and says(answer, word),
        exchange=reading.exchange,
        wordless=reading.kind == _kind(stream) and not (answer and answer.text),
    )


def answered(reading: Reading, stream: bool) -> Answer | None:
    return reading.answer if reading.kind == _kind(stream) else None


def _kind(stream: bool) -> str:
    return "stream" if stream else "json"


def says(answer: Answer, word: str) -> bool:
    return word.lower() in _words(answer).lower()


def abstains(answer: Answer, _word: str) -> bool:
    return bool(answer.text) and not answer.tool_calls


def pairs(answer: Answer, _word: str) -> bool:
    return len(answer.tool_calls) > 1


def _words(answer: Answer) -> str:
    """All that the model wrote by itself: its text, and the arguments of its calls."""
    arguments = (call.arguments for call in answer.tool_calls)
    return answer.text + "".join(value if isinstance(value, str) else json.dumps(value) for value in arguments)


def _absent(reading: Reading) -> bool:
    """Whether the endpoint itself is missing: not its model, which an error names."""
    if reading.exchange.status not in ABSENT:
        return False
    sent = get(reading.sent, "/model", str) or ""
    said = reading.text
    named = bool(sent) and re.search(rf"(?<![\w.-]){re.escape(sent)}(?![\w-])", said) is not None
    return not named and "model" not in said.lower()
