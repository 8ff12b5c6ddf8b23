"""Where the routes of one gateway do not answer a case alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.core.case_id import ROUTE
from conformance.core.model import JSON
from conformance.records import run_file


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that does not end alike on all routes: for each one the outcome, and the rules that it alone broke."""

    id: str
    outcomes: Mapping[str, str]
    rules: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.id}: " + "; ".join(self._told(route) for route in self.outcomes)

    def _told(self, route: str) -> str:
        broken = f" ({', '.join(self.rules[route])})" if self.rules[route] else ""
        return f"{route} {self.outcomes[route].replace('_', ' ')}{broken}"


def differences(verdicts: Iterable[JSON]) -> Iterator[Difference]:
    """The cases of a run that the routes do not answer alike, in the order of their ids."""
    cases: dict[str, dict[str, JSON]] = defaultdict(dict)
    for entry in verdicts:
        if "route" in entry:
            cases[_without_route(entry)][entry["route"]] = entry
    for name, entries in sorted(cases.items()):
        broken = {route: run_file.rules(entry, *run_file.FAILING_LEVELS) for route, entry in entries.items()}
        if len({(entry["outcome"], frozenset(broken[route])) for route, entry in entries.items()}) > 1:
            shared = frozenset.intersection(*map(frozenset, broken.values()))
            outcomes = {route: entry["outcome"] for route, entry in entries.items()}
            yield Difference(name, outcomes, {route: tuple(sorted(broken[route] - shared)) for route in entries})


def _without_route(entry: JSON) -> str:
    head, separator, tail = str(entry["id"]).rpartition(f"{ROUTE}{entry['route']}")
    return head + tail if separator else tail
