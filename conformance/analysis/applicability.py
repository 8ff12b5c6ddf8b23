"""The cases of a run that do not apply to the gateway: how many, and whether the profile or the answers say so.

A percentage of the applicable cases says nothing about the others, so every report that has one shows these numbers
as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.core.reasons import ABSENT, REFUSED
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry

OK = 200


@dataclass(slots=True)
class Inapplicable:
    """The cases of one endpoint: all of them, those that the profile leaves out, and those that the answers leave out.

    `absent` are the cases that call an endpoint which the gateway does not have. `rejected` is capability -> the number
    of cases in which the gateway rejected it; a case may need several. `accepted` is capability -> the number of
    cases that were answered and passed: a capability in both is not missing, but rejected in part.
    """

    endpoint: str
    cases: int = 0
    declared: int = 0
    found: int = 0
    absent: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """The cases that do not apply."""
        return self.declared + self.found

    def add(self, entry: VerdictEntry) -> None:
        """Counts a case."""
        self.cases += 1
        self.declared += run_file.is_declared(entry)
        if entry["outcome"] in run_file.CONFORMANT and _is_answered(entry):
            self.accepted.update(entry.get("needs", []))
        if run_file.is_found(entry):
            self.found += 1
            self.absent += entry["reason"].startswith(ABSENT)
            if entry["reason"].startswith(REFUSED):
                self.rejected.update(entry["reason"].removeprefix(REFUSED).split(", "))


def _is_answered(entry: VerdictEntry) -> bool:
    """Whether every request of a case was answered; an expected refusal does not show a capability."""
    return run_file.is_sent(entry) and all(status == OK for status in run_file.statuses(entry))


def by_endpoint(document: RunDocument) -> Mapping[str, Inapplicable]:
    """Endpoint -> its cases that do not apply, for all endpoints of a run in their order."""
    counted = {endpoint: Inapplicable(endpoint) for endpoint in run_file.endpoints(document)}
    for entry in document["verdicts"]:
        counted[entry["endpoint"]].add(entry)
    return counted
