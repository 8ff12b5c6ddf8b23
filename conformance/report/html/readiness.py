"""Which clients a gateway is ready for, on the page of a run: a block for each client, with links to the problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.analysis import readiness
from conformance.core.model import Outcome
from conformance.core.plural import counted
from conformance.records.run_format import ClientStatus, NeedEntry, RunDocument
from conformance.report.html.problems import Shown
from conformance.report.readiness import words

MARKS: dict[ClientStatus, Outcome] = {
    "not_ready": "failed",
    "limited": "warned",
    "ready": "passed",
    "not_judged": "unverified",
}
"""Status of a client -> the outcome whose sign and colour it has."""


@dataclass(frozen=True, slots=True)
class ShownNeed:
    """A need that decides about a client: what happens without it, and what the run shows. `anchor` may be ""."""

    entry: NeedEntry
    evidence: str
    anchor: str
    number: int


@dataclass(frozen=True, slots=True)
class ShownClient:
    """A client, its status in words, the outcome with the same colour, and the anchor of the problem to fix first."""

    name: str
    versions: str
    status: str
    mark: Outcome
    needs: Sequence[ShownNeed]
    fix: str
    anchor: str
    number: int


def shown(document: RunDocument, found: Sequence[Shown]) -> list[ShownClient]:
    """The clients of a run, those that are not ready first. `found` are the problems of the page."""
    places = {problem.entry["id"]: (problem.anchor, problem.number) for problem in found}
    return [
        ShownClient(
            name=entry["name"],
            versions=entry["versions"],
            status=words.status(entry["status"]),
            mark=MARKS[entry["status"]],
            needs=[_need(need, places) for need in words.deciding(entry)],
            fix=entry.get("fix", ""),
            anchor=places.get(entry.get("fix", ""), ("", 0))[0],
            number=places.get(entry.get("fix", ""), ("", 0))[1],
        )
        for entry in words.ordered(readiness.of(document))
    ]


def title(document: RunDocument) -> str:
    """The heading: `Clients: 2 not ready, 12 ready`."""
    return f"Clients: {', '.join(words.totals(readiness.of(document)))}"


def _need(need: NeedEntry, places: dict[str, tuple[str, int]]) -> ShownNeed:
    anchor, number = places.get(need.get("problem", ""), ("", 0))
    is_open = need["state"] == "open"
    evidence = f"{need['count']:,} of {counted(need['of'], 'case')} not judged" if is_open else words.evidence(need)
    return ShownNeed(need, evidence, anchor, number)
