"""Judging never raises, whatever the request and the answer contain, and the verdict can be reported."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import execnet
import pytest

from conformance.core import data_files
from conformance.core.model import Exchange
from conformance.judge import contract
from conformance.judge.control import ASSUMED, without
from conformance.judge.verdict import judge_exchanges
from conformance.records import run_document
from conformance.suite import resolve
from conformance.suite.load import load_cases
from conformance.target.profile import Profile
from tests.support import odd
from tests.support.examples import chat as chat_examples
from tests.support.examples import responses as responses_examples
from tests.support.patches import patched

TIMES, OF_CASES = 25, 5
"""The number of damaged copies of each good exchange that are judged."""

GOOD = odd.good()
CASES = [case for case in load_cases(data_files.folder("cases")) if len(case.steps) == 1]
CONTROLS = (ASSUMED, without(["obeys", "recalls", "fills", "abstains", "pairs"]))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", GOOD)
def test_no_answer_is_so_odd_that_it_cannot_be_judged(name: str) -> None:
    chance = random.Random(f"odd {name}")
    for _ in range(TIMES):
        contract.findings(odd.spoiled(GOOD[name], chance))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", GOOD)
def test_no_answer_is_so_odd_that_a_case_cannot_be_judged(name: str) -> None:
    """Judged by a random case of its endpoint. The verdict can be sent to another process, as with -n."""
    chance = random.Random(f"case {name}")
    own = [case for case in CASES if case.endpoint == GOOD[name].family] or CASES
    for _ in range(OF_CASES):
        exchange = odd.spoiled(GOOD[name], chance)
        case = resolve.resolve_steps(chance.choice(own), lambda _: "m", Profile(), [exchange])
        verdict = judge_exchanges(case, [exchange], Profile(), chance.choice(CONTROLS))
        execnet.dumps(run_document.verdict(verdict))


def response(name: str, *edits: responses_examples.Edit, **sent: Any) -> Exchange:
    asked, came = responses_examples.BASES[name]
    return responses_examples.exchange({**asked, **sent}, odd.edited(came, *edits))


def chat(document: dict[str, Any], *edits: tuple[Any, ...]) -> Exchange:
    return chat_examples.exchange(patched(document, *edits))


at, on = responses_examples.at, responses_examples.on
MAX_LENGTH = 10**4300 - 1
ONCE: dict[str, tuple[Callable[[], Exchange], str]] = {
    "a type that is a list, out of the row": (
        lambda: response("text stream", on(responses_examples.DELTA, "/type", [], "/sequence_number", 99)),
        "responses.stream.sequence",
    ),
    "a number after the longest integer": (
        lambda: response("text stream", on(responses_examples.DELTA, "/sequence_number", MAX_LENGTH)),
        "responses.stream.sequence",
    ),
    "a temperature beyond all floats": (
        lambda: response("text", at("/temperature", 10**400), temperature=0.5),
        "responses.echo.sampling",
    ),
    "the sum of two longest integers": (
        lambda: chat(
            chat_examples.TEXT,
            ("replace", "/answer/usage/prompt_tokens", MAX_LENGTH),
            ("replace", "/answer/usage/completion_tokens", MAX_LENGTH),
        ),
        "chat.usage.total",
    ),
    "an alternative beyond all floats": (
        lambda: chat(
            chat_examples.LOGPROBS,
            ("replace", "/answer/choices/0/logprobs/content/0/top_logprobs", [{"token": "x", "logprob": -(10**400)}]),
        ),
        "chat.logprobs.top",
    ),
}


@pytest.mark.parametrize("name", ONCE)
def test_an_odd_value_is_judged(name: str) -> None:
    make, rule = ONCE[name]
    assert rule in {finding.rule for finding in contract.findings(make())}
