"""The rates of repeated cases as sentences, which every report shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis import stability
from conformance.core.plural import counted
from conformance.records.run_format import RateEntry, RepeatedEntry, RunDocument
from conformance.report.percent import interval

EMPTY = "empty streams"


def rates(document: RunDocument) -> list[tuple[str, str, str]]:
    """(case, rule or EMPTY, rate) of everything that shows in some tries of a case and not in others, most first."""
    found = [
        (entry["case"], name, rate)
        for entry in stability.of(document)
        for name, rate in _rates(entry)
        if 0 < rate["hits"] < rate["trials"] or (name == EMPTY and rate["hits"])
    ]
    ordered = sorted(found, key=lambda one: (-one[2]["hits"] / one[2]["trials"], one[0], one[1]))
    return [(case, name, words(rate)) for case, name, rate in ordered]


def words(rate: RateEntry) -> str:
    """`3 of 20, 5 % to 36 %`, or `0 of 20, at most 16 %`."""
    return f"{rate['hits']:,} of {rate['trials']:,}, {interval(rate['low'], rate['high'])}"


def bounds(document: RunDocument) -> Iterator[str]:
    """The highest rates of a defect and of empty streams that the tries without them leave possible."""
    found = stability.of(document)
    clean = [entry["tries"] for entry in found if entry["tries"] and not entry["rules"]]
    if clean:
        least = min(clean)
        at_most = interval(0.0, stability.rate(0, least)["high"])
        cases = counted(len(clean), "case")
        yield f"{cases} without a broken rule in {least:,} repetitions: {at_most}, 95 % confidence"
    streams = [entry["empty_streams"] for entry in found if "empty_streams" in entry]
    if streams and not any(rate["hits"] for rate in streams):
        yield f"{EMPTY}: {words(stability.rate(0, _trials(streams)))}, 95 % confidence"


def _trials(rates_: Sequence[RateEntry]) -> int:
    return sum(rate["trials"] for rate in rates_)


def _rates(entry: RepeatedEntry) -> Iterator[tuple[str, RateEntry]]:
    yield from entry["rules"].items()
    if "empty_streams" in entry:
        yield EMPTY, entry["empty_streams"]
