"""Decides from the tokens of the prompt whether a text reached the model, which did not say it.

The answers of a model that does not follow instructions show nothing about its prompt, but its tokens are counted. The
case is sent again with a longer canary word: if more tokens are counted, the text reached the model; if not, and the
count follows the prompt in the control requests, the gateway lost it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from conformance.core.canary import canary
from conformance.core.model import JSON, Answer, Arrival, Case, Exchange, Step
from conformance.judge import prompt_facts
from conformance.judge.control import Control
from conformance.judge.inconclusive.model_behaviour import can_say
from conformance.protocol.reading import Reading


def word(case: Case) -> str:
    """Return the canary word of a case."""
    return canary(case.id)


def longer(text: str) -> str:
    """Return a text that takes more tokens."""
    return " ".join([text] * 3)


def unsaid(case: Case, exchanges: Sequence[Exchange], control: Control) -> Sequence[int]:
    """Return the indexes of the steps whose answer lacks the canary word, which the model did not have to say."""
    return [
        index
        for index, (step, exchange) in enumerate(zip(case.steps, exchanges, strict=False))
        if prompt_facts.expected_texts(step) == [word(case)]
        and not prompt_facts.is_plain(step)
        and not can_say(step, control)
        and _lacks(Reading(exchange), word(case))
    ]


def grew(first: Answer | None, second: Answer | None) -> bool | None:
    """Whether the second answer counts more tokens of the prompt; None if one does not count them."""
    before, after = (answer.input_tokens if answer else None for answer in (first, second))
    return None if before is None or after is None else after > before


def arrival(steps: Mapping[int, Step], text: str, first: Sequence[Exchange], second: Sequence[Exchange]) -> Arrival:
    """Compare the answers of these steps with those after the text was made longer.

    A text that is not in the step's own request, such as one of a stored conversation, is never called lost.
    """
    before, after = ([Reading(exchange).answer for exchange in exchanges] for exchanges in (first, second))
    found = {index: _grew(before, after, index) for index in steps}
    if all(found.values()):
        return "arrived"
    lost = any(found[index] is False and text in json.dumps(step.request.get("body")) for index, step in steps.items())
    return "lost" if lost else ""


def _grew(first: Sequence[Answer | None], second: Sequence[Answer | None], index: int) -> bool | None:
    """As `grew`, for a step; None if the earlier answers, which may be part of its prompt, are not the same."""
    if index >= len(second) or any(map(_differ, first[:index], second[:index])):
        return None
    return grew(first[index], second[index])


def _differ(first: Answer | None, second: Answer | None) -> bool:
    return bool(_said(first) != _said(second))


def _said(answer: Answer | None) -> JSON:
    return answer and (answer.text, [(call.name, call.arguments) for call in answer.tool_calls])


def _lacks(reading: Reading, text: str) -> bool:
    return reading.answer is not None and text.lower() not in reading.answer.text.lower()
