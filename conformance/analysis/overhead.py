"""The time that a gateway adds: from the times of answers, through the gateway and from its provider, to a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

from conformance.analysis.quantiles import Difference, Round, differences, lack, quantile

Side = Literal["gateway", "provider"]

SHARES: Mapping[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: `times` are seconds by what they end with, or `failure` says why it is not measured.

    The samples of a round were sent at once to their side, in one of the two forms. The side is `provider`, or the name
    of a gateway in front of it.
    """

    at_once: int
    streamed: bool
    round: int
    side: str
    times: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The added time of one measure. All times are in seconds; `until` is headers, first event or total.

    `answers` are the measured answers of each side, `of` the quantiles of each side, `added` the gateway's minus the
    provider's, and `left_out` the reasons for the quantiles that are not in `added`.
    """

    at_once: int
    streamed: bool
    until: str
    answers: Mapping[Side, int]
    of: Mapping[Side, Mapping[str, float]]
    added: Mapping[str, Difference]
    left_out: Mapping[str, str]


def rows(samples: Iterable[Sample], gateway: str = "gateway") -> Iterator[Row]:
    """A row for each number at once, form and measure of this gateway. Failed requests are left out of them."""
    sides: Mapping[str, Side] = {gateway: "gateway", "provider": "provider"}
    own = [replace(sample, side=sides[sample.side]) for sample in samples if sample.side in sides]

    def setting(sample: Sample) -> tuple[int, bool]:
        return sample.at_once, sample.streamed

    for (at_once, streamed), group in groupby(sorted(own, key=setting), key=setting):
        found = list(group)
        for until in dict.fromkeys(until for sample in found for until in sample.times):
            yield _row(at_once, streamed, until, found)


def failures(samples: Iterable[Sample], gateway: str = "gateway") -> Mapping[Side, Counter[str]]:
    """Side -> the reasons of the failed requests to this gateway and to the provider, with their numbers."""
    counted: dict[Side, Counter[str]] = {"gateway": Counter(), "provider": Counter()}
    sides: Mapping[str, Side] = {gateway: "gateway", "provider": "provider"}
    for sample in samples:
        if sample.failure and sample.side in sides:
            counted[sides[sample.side]][sample.failure] += 1
    return counted


def _row(at_once: int, streamed: bool, until: str, samples: Sequence[Sample]) -> Row:
    by_round: dict[int, dict[str, list[float]]] = {}
    for sample in samples:
        sides = by_round.setdefault(sample.round, {"gateway": [], "provider": []})
        if not sample.failure:
            sides[sample.side].append(sample.times[until])
    rounds: list[Round] = [(sides["gateway"], sides["provider"]) for sides in by_round.values()]
    added = differences(rounds, SHARES.values())
    ordered: dict[Side, list[float]] = {
        "gateway": sorted(value for values, _ in rounds for value in values),
        "provider": sorted(value for _, values in rounds for value in values),
    }
    return Row(
        at_once,
        streamed,
        until,
        answers={side: len(values) for side, values in ordered.items()},
        of={
            side: {name: quantile(values, share) for name, share in SHARES.items() if share in added}
            for side, values in ordered.items()
        },
        added={name: added[share] for name, share in SHARES.items() if share in added},
        left_out={name: reason for name, share in SHARES.items() if (reason := lack(rounds, share))},
    )
