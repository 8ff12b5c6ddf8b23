"""The exchanges of a run as problems see them: facts, the rules that could break, and those that broke.

Sets of exchanges are integers with a bit for each exchange, in the order of the verdicts: a run has thousands of
exchanges, and the search for a scope compares thousands of sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from conformance.judge import held
from conformance.protocol import rulebook
from conformance.records import run_file
from conformance.records.run_format import FindingEntry, OverRunEntry, RunDocument, VerdictEntry, WhereEntry

Bits = int
"""A set of exchanges: bit N is the exchange N of the run."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One exchange. `broken` is rule -> its first finding; `held` are the rules that the exchange could have broken.

    `step` counts from 1.
    """

    entry: VerdictEntry
    step: int
    facts: frozenset[str]
    held: frozenset[str]
    broken: Mapping[str, FindingEntry]

    @property
    def size(self) -> int:
        """The length of the request and its answer: the shorter, the easier to read. 0 if they are not recorded."""
        exchanges = self.entry["exchanges"]
        if self.step > len(exchanges):
            return 0
        exchange = exchanges[self.step - 1]
        return len(exchange["curl"]) + sum(len(chunk.get("text", "")) for chunk in exchange["chunks"])


@dataclass(frozen=True, slots=True)
class Observations:
    """All exchanges of a run, and the sets of those with a fact, those that broke a rule, and those that could."""

    items: Sequence[Observation]
    facts: Mapping[str, Bits] = field(default_factory=dict)
    broken: Mapping[str, Bits] = field(default_factory=dict)
    could: Mapping[str, Bits] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    """Rule about the whole run -> why it is known, if the list of known failures covers it in every family."""
    follow_up: Bits = 0
    """The exchanges of a second or later step: each comes after the previous one of the same verdict."""

    @property
    def all(self) -> Bits:
        """The set of all exchanges."""
        return (1 << len(self.items)) - 1

    def of(self, bits: Bits) -> Iterator[Observation]:
        """The exchanges of a set."""
        while bits:
            lowest = bits & -bits
            yield self.items[lowest.bit_length() - 1]
            bits ^= lowest

    def later(self, bits: Bits) -> Bits:
        """The exchanges of a later step of the same verdict than one of these."""
        found = 0
        while following := bits << 1 & self.follow_up:
            found |= following
            bits = following
        return found


def observe(document: RunDocument) -> Observations:
    """The exchanges of a run whose verdicts have `observed`."""
    over_run = document.get("over_run", [])
    items = [one for entry in document["verdicts"] for one in _of_verdict(entry, over_run)]
    return Observations(
        items,
        facts=_sets(one.facts for one in items),
        broken=_sets(one.broken for one in items),
        could=_sets(one.held for one in items),
        known=_known(over_run),
        follow_up=_bits([index for index, one in enumerate(items) if one.step > 1]),
    )


def _sets(members: Iterator[Iterable[str]]) -> dict[str, Bits]:
    """Name -> the set of the exchanges that have it."""
    positions: dict[str, list[int]] = {}
    for index, names in enumerate(members):
        for name in names:
            positions.setdefault(name, []).append(index)
    return {name: _bits(indexes) for name, indexes in positions.items()}


def _bits(indexes: Sequence[int]) -> Bits:
    found = bytearray(max(indexes, default=0) // 8 + 1)
    for index in indexes:
        found[index // 8] |= 1 << index % 8
    return int.from_bytes(found, "little")


def _of_verdict(entry: VerdictEntry, over_run: Sequence[OverRunEntry]) -> Iterator[Observation]:
    by_step: dict[int, dict[str, FindingEntry]] = {}
    for finding in entry["findings"]:
        if finding["rule"] not in rulebook.rules():
            continue  # of another version of the suite
        by_step.setdefault(finding["step"], {}).setdefault(finding["rule"], finding)
    is_judged = entry["outcome"] in run_file.CONCLUSIVE
    for step, seen in enumerate(entry.get("observed", ()), 1):
        facts = frozenset(seen["facts"])
        together = _over_run(entry, facts, over_run)
        broken = {**by_step.get(step, {}), **{rule: found for rule, found in together.items() if found is not None}}
        could = _could_break(tuple(seen["held"])) if is_judged else frozenset[str]()
        yield Observation(entry, step, facts, could.union(broken, together), broken)


@cache
def _could_break(groups: tuple[str, ...]) -> frozenset[str]:
    return frozenset[str]().union(*map(held.rules, groups))


def _over_run(
    entry: VerdictEntry, facts: frozenset[str], over_run: Sequence[OverRunEntry]
) -> Mapping[str, FindingEntry | None]:
    """The rules about the whole run for an answer: rule -> the finding, if the verdict is among those that break it."""
    if "error" in facts:
        return {}
    known = rulebook.rules()
    own = [found for found in over_run if f"endpoint={found['family']}" in facts and found["rule"] in known]
    return {found["rule"]: _finding(found) if entry["id"] in found["cases"] else None for found in own}


def _known(over_run: Sequence[OverRunEntry]) -> dict[str, str]:
    unlisted = {found["rule"] for found in over_run if "known" not in found}
    return {found["rule"]: found["known"] for found in over_run if "known" in found and found["rule"] not in unlisted}


def _finding(found: OverRunEntry) -> FindingEntry:
    nowhere: WhereEntry = {}
    return {
        "rule": found["rule"],
        "level": found["level"],
        "step": 0,
        "expected": found["expected"],
        "got": found["got"],
        "where": nowhere,
    }
