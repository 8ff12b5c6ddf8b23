"""Why a run fails besides its failing tests, and what changed since the baseline, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conformance.analysis import known_failures
from conformance.analysis.gate import Gate, today, unanswered
from conformance.core.model import JSON
from conformance.report import diff_text


def lines(gate: Gate, document: JSON, ids: Collection[str]) -> Iterator[str]:
    """What is wrong with the list of known failures or the run, and what changed since the baseline."""
    for problem in known_failures.problems(document, gate.listed, today(), ids):
        yield f"{problem.kind}: {problem.sentence}"
    if gate.fail_on and (unsent := unanswered(document)):
        yield f"red: the gateway stopped answering, so that {unsent} cases were not sent"
    if gate.earlier is not None:
        yield from diff_text.lines(gate.difference(document))
