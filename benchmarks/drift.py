"""Whether `drift` names the known additions to the official APIs between two dated halves of recorded traffic.

The recordings are not part of the project: without them there is nothing to measure.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from conformance.analysis.drift.compare import Drift, drift
from conformance.analysis.recordings import read_recording
from conformance.core.model import Exchange
from conformance.judge import contract
from conformance.report.drift import text

ADDITIONS = Path(__file__).with_name("drift.yaml")
CUTS = (0.25, 0.5, 0.75)
"""The shares of the recording that are in the older part."""
SEEDS = range(3)
"""Of the random halves."""

Recording = Sequence[tuple[str, Exchange]]


@dataclass(frozen=True, slots=True)
class Addition:
    """A place in the answers of an official API, and the day since which recordings have it (ISO 8601)."""

    family: str
    since: str
    event: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.family} {self.event or 'json'} {self.pointer}".strip()


@dataclass(frozen=True, slots=True)
class Result:
    """A comparison of the answers before a day with those since. `expected` are the additions between them."""

    day: str
    found: Drift
    expected: tuple[Addition, ...]
    named: frozenset[Addition]
    proven: frozenset[Addition]
    musts: tuple[str, ...]

    @property
    def missed(self) -> list[Addition]:
        """The additions that are not named."""
        return [addition for addition in self.expected if addition not in self.named]


def additions() -> tuple[Addition, ...]:
    """The known additions of the table."""
    table = yaml.safe_load(ADDITIONS.read_text("utf-8"))
    return tuple(
        Addition(entry["family"], entry["since"].isoformat(), "" if place == "json" else place, pointer)
        for entry in table["additions"]
        for place, pointer in entry["places"].items()
    )


def days(recording: Recording) -> list[str]:
    """The days that divide a recording."""
    dates = sorted(exchange.date[:10] for _, exchange in recording)
    return [dates[int(share * len(dates))] for share in CUTS]


def measure(recording: Recording, day: str) -> Result:
    """Compares the exchanges before a day with those since."""
    old = [pair for pair in recording if pair[1].date[:10] < day]
    new = [pair for pair in recording if pair[1].date[:10] >= day]
    found = drift(old, new)
    expected = tuple(addition for addition in additions() if addition.since >= day)
    fresh = [change for change in found.changes if change.kind == "new" and change.trait.aspect in ("field", "event")]
    named = {
        Addition(change.trait.family, addition.since, change.trait.event, change.trait.pointer): change.proven
        for change in fresh
        for addition in expected
        if (addition.family, addition.event, addition.pointer)
        == (change.trait.family, change.trait.event, change.trait.pointer)
    }
    musts = sorted({one.rule for _, each in new for one in contract.findings(each) if one.level == "must"})
    proven = frozenset(addition for addition, is_proven in named.items() if is_proven)
    return Result(day, found, expected, frozenset(named), proven, tuple(musts))


def lines(file: Path) -> Iterator[str]:
    """For each day, the sizes of the parts and whether the targets are met."""
    if not file.is_file():
        yield f"nothing to measure: there is no recorded traffic at {file}"
        return
    recording = list(read_recording(file))
    for day in days(recording):
        yield from report(measure(recording, day))
    found = [by_chance(recording, seed) for seed in SEEDS]
    breaking = sum(len(each.of("breaking")) for each in found)
    proven = sum(change.proven for each in found for change in each.changes)
    yield f"random halves, {len(found)} times"
    yield f"  {_target(not breaking)} chance alone breaks nothing: {breaking} breaking changes, {proven} proven ones"


def by_chance(recording: Recording, seed: int) -> Drift:
    """Compares random halves, between which nothing has drifted."""
    shuffled = random.Random(seed).sample(recording, len(recording))  # noqa: S311 - not for security
    middle = len(shuffled) // 2
    return drift(shuffled[:middle], shuffled[middle:])


def report(result: Result) -> Iterator[str]:
    """The result for one day."""
    found = result.found
    yield f"before {result.day} and since: {found.old} and {found.new} exchanges"
    share = f"{len(result.named)} of {len(result.expected)}, {len(result.proven)} of them proven"
    yield f"  {_target(not result.missed)} all known additions are named: {share}"
    yield from (f"         not named: {addition}" for addition in result.missed)
    breaking = found.of("breaking")
    yield f"  {_target(not breaking)} no change of an official API is breaking: {len(breaking)} are"
    yield f"  {_target(not result.musts)} the newer part breaks no must rule: {', '.join(result.musts) or 'none'}"
    yield f"  {text.counts(found)}"


def _target(met: bool) -> str:
    return "met   " if met else "MISSED"
