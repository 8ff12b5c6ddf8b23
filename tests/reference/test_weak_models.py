"""The suite with weak models behind the reference gateway: nothing fails, most cases are judged, faults are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest

from conformance.core import data_files
from conformance.core.model import Case
from conformance.reference.faults import FAULTS
from conformance.reference.provider.weak_model import WEAK_MODELS
from conformance.suite.applies import TWO_SIDED
from conformance.suite.load import load_cases
from tests.support.proof import Proof, chosen, in_process, told

pytestmark = pytest.mark.proof

UNVERIFIED = {
    "weak": 0.15,
    "weak-short": 0.10,
    "weak-disobedient": 0.15,
    "weak-random": 0.15,
    "weak-small-context": 0.02,
    "weak-no-tools": 0.02,
}
"""The largest share of all cases that may stay unverified, by model."""

EVERY = {"weak": 1, "weak-random": 1}
"""The share of the cases that is run: every one; of the other models every third."""

_TOOLS = ("tools", "parallel_tools", "allowed_tools", "strict_tools", "custom_tools")
DENIED: Mapping[str, Sequence[str]] = {"weak": _TOOLS, "weak-no-tools": _TOOLS}
"""The capabilities that a profile for the model does not claim."""

FOUND = (
    "chat-chunk-created-fraction", "chat-chunk-model-null", "chat-delta-citations", "chat-error-message-list",
    "chat-object-of-chunk", "chat-stream-done-early", "chat-stream-role-late", "chat-usage-lost",
    "error-type-of-openai", "messages-block-type-foreign", "messages-fails-after-end", "messages-input-tokens-negative",
    "messages-output-tokens-of-delta", "messages-type-of-chat", "models-created-text", "responses-added-part-lost",
    "responses-created-completed", "responses-deltas-cumulative", "responses-echo-truncation",
    "responses-item-output-index-lost", "responses-message-content-null", "responses-part-annotations-lost",
    "responses-sequence-text", "responses-told-twice", "responses-usage-total-wrong",
)  # fmt: skip
"""Faults of the format, of several kinds in every family."""

STOPS = {
    "messages-stop-sequences-dropped": "messages/limits/stop-own-word*",
    "routing-stop-dropped": "chat_completions/limits/stop-own-word*",
}
"""Faults that drop stop sequences, and the cases whose stop sequence is a word of the model's own."""

LOST = ("messages-history-dropped", "excusable-history-lost", "excusable-results-lost")
"""Faults that lose texts of the prompt."""


@contextmanager
def weak(model: str) -> Iterator[Proof]:
    """The gateway with this model behind it."""
    with in_process(models=(model, "reference-mini")) as proof:
        claims = dict(proof.target.profile.capabilities)
        for name in DENIED.get(model, ()):
            del claims[name]
        yield replace(proof, target=replace(proof.target, profile=replace(proof.target.profile, capabilities=claims)))


def depends(case: Case) -> bool:
    """Whether a case expects an answer; a case that only expects errors does not depend on the model."""
    return any(step.expect["outcome"] != "refusal" for step in case.steps)


@cache
def _cases_of_all_models() -> tuple[Case, ...]:
    endpoints = ("chat_completions", "responses", "messages")
    cases = load_cases(data_files.folder("cases"), dict.fromkeys(WEAK_MODELS, endpoints))
    return tuple(case for case in cases if TWO_SIDED not in case.marks)  # there, the suite itself is the model


def cases_of(model: str) -> list[Case]:
    """All cases, with those that the matrix has for this model."""
    others = [name for name in WEAK_MODELS if name != model]
    return [case for case in _cases_of_all_models() if not any(value in others for value in case.values.values())]


@pytest.mark.parametrize("model", WEAK_MODELS)
def test_nothing_fails_and_most_cases_are_judged(model: str) -> None:
    library = cases_of(model)[:: EVERY.get(model, 3)]
    with weak(model) as proof:
        verdicts = proof.verdicts(filter(depends, library))
    failed = [verdict for verdict in verdicts if verdict.outcome == "failed"]
    assert not failed, told(failed, [(verdict, finding) for verdict in failed for finding in verdict.findings])
    unverified = [verdict for verdict in verdicts if verdict.outcome == "unverified"]
    assert len(unverified) <= UNVERIFIED[model] * len(library), told(unverified)


@pytest.fixture(scope="module")
def weakest() -> Iterator[Proof]:
    with weak("weak") as proof:
        yield proof


@pytest.mark.parametrize("id_", FOUND)
def test_faults_of_the_format_are_found_behind_the_weakest_model(weakest: Proof, id_: str) -> None:
    verdicts = weakest.verdicts(chosen(FAULTS[id_].cases), id_)
    assert {finding.rule for verdict in verdicts for finding in verdict.findings} >= {*FAULTS[id_].rules}, told(
        verdicts
    )


@pytest.mark.parametrize("id_", LOST)
def test_a_text_that_is_lost_is_noticed_although_the_model_says_nothing_of_it(id_: str) -> None:
    """The tokens of the prompt show that the text is lost."""
    with weak("weak-disobedient") as proof:
        verdicts = proof.verdicts([case for case in chosen(FAULTS[id_].cases) if "stream=false" in case.id], id_)
    assert {verdict.outcome for verdict in verdicts} == {"failed"}, told(verdicts)


@pytest.mark.parametrize("id_", STOPS)
@pytest.mark.parametrize("model", ["weak-short", "weak-disobedient", "weak-random"])
def test_a_dropped_stop_sequence_is_noticed_whatever_the_model_says(id_: str, model: str) -> None:
    with weak(model) as proof:
        verdicts = proof.verdicts(chosen(STOPS[id_]), id_)
    assert {verdict.outcome for verdict in verdicts} == {"failed"}, told(verdicts)
