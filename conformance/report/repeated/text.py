"""The repeated cases in the terminal's summary: those with different outcomes, and how often they broke each rule."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.stability import stability
from conformance.records.run_format import RunDocument
from conformance.report.repeated import words
from conformance.report.width import few, wrapped


def lines(document: RunDocument) -> Iterator[str]:
    """The lines; none if no case was repeated."""
    found = stability(document["verdicts"])
    if not found:
        return
    unstable = [str(one) for one in found if one.count < one.times]
    yield f"stable: {len(found) - len(unstable)} of {len(found)} repeated cases"
    yield from few(unstable)
    if rates := words.rates(document):
        yield "rates over the repetitions, with 95 % intervals:"
        yield from few([f"{rate}: {name} in {case}" for case, name, rate in rates])
    for bound in words.bounds(document):
        yield from wrapped(bound)
