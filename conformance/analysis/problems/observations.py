"""The exchanges of a run as problems see them: facts, the rules that could break, and those that broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.judge import held
from conformance.records import run_file
from conformance.records.run_format import FindingEntry, OverRunEntry, RunDocument, VerdictEntry, WhereEntry

CASE = "case."
"""The prefix of the rules about what a case expects; they often follow from another broken rule."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One exchange. `broken` is rule -> its first finding; `held` are the rules that the exchange could have broken.

    `step` counts from 1. `size` is the number of bytes of the request and its answer, as far as they are recorded.
    """

    entry: VerdictEntry
    step: int
    facts: frozenset[str]
    held: frozenset[str]
    broken: Mapping[str, FindingEntry] = field(default_factory=dict)
    earlier: frozenset[Observation] = frozenset()
    """The exchanges of the earlier steps."""

    @property
    def id(self) -> str:
        """The id of the verdict."""
        return self.entry["id"]

    @property
    def endpoint(self) -> str:
        """The endpoint, as a fact."""
        return next((fact for fact in self.facts if fact.startswith("endpoint=")), "")

    @property
    def size(self) -> int:
        """The length of the request's and the answer's text: the smaller, the easier to read."""
        exchanges = self.entry["exchanges"]
        if self.step > len(exchanges):
            return 0
        exchange = exchanges[self.step - 1]
        return len(str(exchange["request"]["body"])) + sum(len(str(chunk)) for chunk in exchange["chunks"])


def observe(document: RunDocument) -> list[Observation]:
    """The exchanges of a run that say something about the gateway, in the order of the verdicts."""
    over_run = document.get("over_run", [])
    return [one for entry in document["verdicts"] for one in _of_verdict(entry, over_run)]


def _of_verdict(entry: VerdictEntry, over_run: Sequence[OverRunEntry]) -> Iterator[Observation]:
    by_step: dict[int, dict[str, FindingEntry]] = {}
    for finding in entry["findings"]:
        by_step.setdefault(finding["step"], {}).setdefault(finding["rule"], finding)
    is_judged = entry["outcome"] in run_file.CONCLUSIVE
    earlier: frozenset[Observation] = frozenset()
    for step, seen in enumerate(entry.get("observed", ()), 1):
        broken = by_step.get(step, {})
        together = _over_run(entry, frozenset(seen["facts"]), over_run)
        broken |= {rule: finding for rule, finding in together.items() if finding is not None}
        could_break = {rule for group in seen["held"] for rule in held.rules(group)} if is_judged else set[str]()
        one = Observation(
            entry, step, frozenset(seen["facts"]), frozenset(could_break.union(broken, together)), broken, earlier
        )
        yield one
        earlier |= {one}


def _over_run(
    entry: VerdictEntry, facts: frozenset[str], over_run: Sequence[OverRunEntry]
) -> Mapping[str, FindingEntry | None]:
    """The rules about the whole run for an answer: rule -> the finding, if the verdict is among those that break it."""
    if "error" in facts:
        return {}
    own = [found for found in over_run if f"endpoint={found['family']}" in facts]
    return {found["rule"]: _finding(found) if entry["id"] in found["cases"] else None for found in own}


def _finding(found: OverRunEntry) -> FindingEntry:
    where: WhereEntry = {}
    return {
        "rule": found["rule"],
        "level": found["level"],
        "step": 0,
        "expected": found["expected"],
        "got": found["got"],
        "where": where,
    }
