"""The repeated cases on the page of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.analysis.stability import stability
from conformance.records.run_format import RunDocument
from conformance.report.repeated import words


@dataclass(frozen=True, slots=True)
class ShownRepeated:
    """How many cases are stable, (case, finding, rate) of what shows in some tries, and what the others exclude."""

    head: str
    rates: Sequence[tuple[str, str, str]]
    bounds: Sequence[str]


def shown(document: RunDocument) -> ShownRepeated | None:
    """The repeated cases of a run, if it has any."""
    found = stability(document["verdicts"])
    if not found:
        return None
    stable = sum(one.count == one.times for one in found)
    head = f"{stable:,} of {len(found):,} repeated cases had the same outcome each time."
    return ShownRepeated(head, words.rates(document), [*words.bounds(document)])
