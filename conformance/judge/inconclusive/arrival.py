"""Decides from the tokens of the prompt whether a text reached the model, which did not say it.

The answers of a model that does not follow instructions show nothing about its prompt, but its tokens are counted. The
case is sent again with a longer canary word: if more tokens are counted, the text reached the model; if not, and the
count follows the prompt in the control requests, the gateway lost it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

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


def counted(case: Case) -> Case:
    """Return the case with streams of Chat Completions that report their usage."""
    return replace(case, steps=tuple(_counted(step, case.endpoint) for step in case.steps))


def _counted(step: Step, endpoint: str) -> Step:
    body = step.request.get("body")
    is_chat = step.request.get("to", endpoint) == "chat_completions"
    if not is_chat or not isinstance(body, dict) or body.get("stream") is not True or "stream_options" in body:
        return step
    return replace(step, request={**step.request, "body": {**body, "stream_options": {"include_usage": True}}})


def grew(first: Answer | None, second: Answer | None) -> bool | None:
    """Whether the second answer counts more tokens of the prompt; None if one does not count them."""
    before, after = (answer.input_tokens if answer else None for answer in (first, second))
    return None if before is None or after is None else after > before


def arrival(case: Case, steps: Sequence[int], first: Sequence[Exchange], second: Sequence[Exchange]) -> Arrival:
    """Compare the answers of these steps of a case, as it was sent, with those to its longer word.

    A text that is not in the step's own request, such as one of a stored conversation, is never called lost.
    """
    before, after = ([Reading(exchange).answer for exchange in exchanges] for exchanges in (first, second))
    found = {index: _grew(case, before, after, index) for index in steps}
    if all(found.values()):
        return "arrived"
    asked = {index: json.dumps(case.steps[index].request.get("body")) for index in steps}
    return "lost" if any(found[index] is False and word(case) in asked[index] for index in steps) else ""


def _grew(case: Case, first: Sequence[Answer | None], second: Sequence[Answer | None], index: int) -> bool | None:
    """As `grew`, for a step; None if its prompt may contain earlier answers, and these are not the same."""
    refers = any(step.keep for step in case.steps[:index])
    if index >= len(second) or (refers and any(map(_differ, first[:index], second[:index]))):
        return None
    return grew(first[index], second[index])


def _differ(first: Answer | None, second: Answer | None) -> bool:
    return bool(_said(first) != _said(second))


def _said(answer: Answer | None) -> JSON:
    return answer and (answer.text, [(call.name, call.arguments) for call in answer.tool_calls])


def _lacks(reading: Reading, text: str) -> bool:
    return reading.answer is not None and text.lower() not in reading.answer.text.lower()
