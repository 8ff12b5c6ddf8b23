"""How often a repeated case had the same outcome, and how often it broke each rule.

For gateways that do not always answer alike: a try is one run of a case with --gateway-repeat.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.analysis import binomial
from conformance.analysis.soak import ending
from conformance.core.case_id import without_repetition
from conformance.protocol.family import MAIN
from conformance.protocol.reading import Reading
from conformance.records import replay, run_file
from conformance.records.jsonl import RecordingError
from conformance.records.run_format import RateEntry, RepeatedEntry, RunDocument, VerdictEntry


@dataclass(frozen=True, slots=True)
class Stability:
    """The most frequent outcome of a repeated case: `count` of `times`."""

    id: str
    outcome: str
    count: int
    times: int

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.id}: {self.outcome} {self.count} of {self.times} times"


def stability(verdicts: Sequence[VerdictEntry]) -> tuple[Stability, ...]:
    """The stability of each repeated case, the least stable first; cases that ran once are left out."""
    found = [
        Stability(name, *Counter(entry["outcome"] for entry in tries).most_common(1)[0], len(tries))
        for name, tries in _tries(verdicts).items()
    ]
    return tuple(sorted(found, key=lambda one: (one.count / one.times, one.id)))


def of(document: RunDocument) -> list[RepeatedEntry]:
    """The repeated cases of a run: those that it states, or else those that its verdicts show."""
    return document["repeated"] if "repeated" in document else repeated(document["verdicts"])


def with_repeated(document: RunDocument) -> RunDocument:
    """The run with its repeated cases; the run itself if all cases ran once."""
    found = repeated(document["verdicts"])
    return {**document, "repeated": found} if found else document


def repeated(verdicts: Sequence[VerdictEntry]) -> list[RepeatedEntry]:
    """The repeated cases among verdicts, in the order of their ids. Tries without a conclusive verdict do not count."""
    return [_repeated(name, tries) for name, tries in sorted(_tries(verdicts).items())]


def _tries(verdicts: Sequence[VerdictEntry]) -> Mapping[str, list[VerdictEntry]]:
    """Id without repetition -> the verdicts of its tries."""
    found: dict[str, list[VerdictEntry]] = defaultdict(list)
    for entry in verdicts:
        if without_repetition(entry["id"]) != entry["id"]:
            found[without_repetition(entry["id"])].append(entry)
    return found


def _repeated(name: str, tries: Sequence[VerdictEntry]) -> RepeatedEntry:
    judged = [entry for entry in tries if entry["outcome"] in run_file.CONCLUSIVE]
    broken = Counter(rule for entry in judged for rule in {finding["rule"] for finding in entry["findings"]})
    entry: RepeatedEntry = {
        "case": name,
        "tries": len(judged),
        "outcomes": dict(sorted(Counter(one["outcome"] for one in judged).items())),
        "rules": {rule: rate(hits, len(judged)) for rule, hits in sorted(broken.items())},
    }
    empty = [_has_empty_stream(one) for one in judged] if all(one["exchanges"] for one in judged) else []
    if streamed := [found for found in empty if found is not None]:
        entry["empty_streams"] = rate(sum(streamed), len(streamed))
    return entry


def rate(hits: int, trials: int) -> RateEntry:
    """A rate with Wilson's interval."""
    low, high = binomial.wilson(hits, trials)
    return {"hits": hits, "trials": trials, "low": round(low, 4), "high": round(high, 4)}


def _has_empty_stream(entry: VerdictEntry) -> bool | None:
    """Whether a stream of a verdict has no content; None if it has no successful stream, or none is recorded."""
    kinds = {ending(reading)[0] for reading in _streams(entry)} & {"whole", "cut", "empty"}
    return "empty" in kinds if kinds else None


def _streams(entry: VerdictEntry) -> Iterator[Reading]:
    try:
        readings = [Reading(exchange) for exchange in replay.of_verdict(entry)]
    except RecordingError:
        return
    yield from (one for one in readings if one.asked_stream and one.exchange.family in MAIN)
