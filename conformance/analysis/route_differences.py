"""The cases that the routes of one gateway answer differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.core.case_id import ROUTE
from conformance.core.model import Outcome
from conformance.records import run_file
from conformance.records.run_format import VerdictEntry


@dataclass(frozen=True, slots=True)
class Difference:
    """A case with different results: for each route the outcome, and the rules that only some routes broke."""

    id: str
    outcomes: Mapping[str, Outcome]
    rules: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.id}: " + "; ".join(self._result(route) for route in self.outcomes)

    def _result(self, route: str) -> str:
        broken = f" ({', '.join(self.rules[route])})" if self.rules[route] else ""
        return f"{route} {self.outcomes[route].replace('_', ' ')}{broken}"


def differences(verdicts: Iterable[VerdictEntry]) -> Iterator[Difference]:
    """The cases with different results on different routes, in the order of their ids."""
    cases: dict[str, dict[str, VerdictEntry]] = defaultdict(dict)
    for entry in verdicts:
        if "route" in entry:
            cases[_without_route(entry["id"], entry["route"])][entry["route"]] = entry
    for name, entries in sorted(cases.items()):
        broken = {route: run_file.broken_rules(entry, *run_file.FAILING_LEVELS) for route, entry in entries.items()}
        results = {(entry["outcome"], frozenset(broken[route])) for route, entry in entries.items()}
        if len(results) > 1:
            shared = set.intersection(*broken.values())
            outcomes = {route: entry["outcome"] for route, entry in entries.items()}
            yield Difference(name, outcomes, {route: tuple(sorted(broken[route] - shared)) for route in entries})


def _without_route(test_id: str, route: str) -> str:
    head, separator, tail = test_id.rpartition(f"{ROUTE}{route}")
    return head + tail if separator else tail
