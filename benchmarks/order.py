"""Measures whether the order of the cases holds for faults that it was not computed from.

The faults that replay reported defects stand for defects that will be met. They are split into five parts, and each
part is measured with the order that the other faults give; faults of one report are in the same part. A fault that no
case notices counts as missed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

from conformance.core.model import Case
from conformance.reference.faults import ONE_SIDED
from conformance.run import connect
from conformance.suite import notices, tier
from conformance.suite.greedy import Candidate
from conformance.suite.notices import Notices
from conformance.suite.order import Order, Place
from conformance.suite.ranking import ranked
from conformance.target.profile import load_profile
from tests.support.proof import one_sided_cases

FOLDS = 5
SEEDS = 20
"""The number of random orders."""

BARS = {"quick": 0.85, "standard": 0.97}
"""Tier -> the share of the faults that it must notice."""


def lines(file: Path) -> Iterator[str]:
    """The measurements as lines of text."""
    found = notices.read(file)
    cases = one_sided_cases()
    noticed_at: dict[str, int] = {}
    missed: dict[str, list[str]] = {name: [] for name in BARS}
    requests: dict[str, list[int]] = {name: [] for name in BARS}
    for held in folds():
        known = {fault.id: fault.url for fault in ONE_SIDED.values() if fault.id not in held}
        ranking = list(ranked(cases, found, known))
        noticed_at |= first_places([case.id for case in ranking], found, held)
        for name, selected in _tiers(ranking, cases).items():
            requests[name].append(len(selected))
            missed[name] += [fault for fault in held if found.noticed[fault].isdisjoint(selected)]
    reported = _reported()
    yield (
        f"{len(reported)} faults replay {len({ONE_SIDED[fault].url for fault in reported})} reports; "
        f"no case notices {sum(not found.noticed[fault] for fault in reported)} of them"
    )
    yield f"{FOLDS}-fold cross-validation over these faults; the others are in every training set:"
    for name, bar in BARS.items():
        share = 1 - len(missed[name]) / len(reported)
        word = "met   " if share >= bar else "missed"
        yield (
            f"{word}  {name}: {share:.1%} noticed, at least {bar:.0%}; "
            f"{tier.LIMITS[name]} requests, {mean(requests[name]):.0f} cases"
        )
        yield f"        not noticed: {', '.join(sorted(missed[name]))}"
    yield ""
    yield "APFD over these faults, without those that no case notices:"
    ids = [case.id for case in cases]
    yield f"  this order, cross-validated: {apfd(noticed_at, len(ids)):.4f}"
    yield f"  alphabetical order:          {_apfd_of(sorted(ids), found):.4f}"
    shuffled = [_apfd_of(_shuffled(ids, seed), found) for seed in range(SEEDS)]
    yield f"  random order, {SEEDS} seeds:      {mean(shuffled):.4f}"


def _reported() -> list[str]:
    return [fault.id for fault in ONE_SIDED.values() if fault.url]


def folds() -> list[list[str]]:
    """The faults that replay reports, in parts of about the same size; those of one report together."""
    reports: dict[str, list[str]] = defaultdict(list)
    for fault in _reported():
        reports[ONE_SIDED[fault].url].append(fault)
    urls = _shuffled(sorted(reports), seed=0)
    return [[fault for url in urls[number::FOLDS] for fault in reports[url]] for number in range(FOLDS)]


def _tiers(ranking: Sequence[Candidate], cases: Sequence[Case]) -> Mapping[str, frozenset[str]]:
    """Tier -> the ids of its cases, with this order and the profile of the reference gateway."""
    places = {case.id: Place(number, case.requests, case.controls) for number, case in enumerate(ranking)}
    profile = load_profile(connect._REFERENCE_PROFILE)
    return {
        name: frozenset(case.id for case in tier.chosen(cases, limit - tier.PREFLIGHT, Order(places), profile))
        for name, limit in tier.LIMITS.items()
    }


def first_places(ids: Sequence[str], found: Notices, faults: Sequence[str]) -> dict[str, int]:
    """Fault -> the place, from 1, of the first case that notices it; without those that no case notices."""
    places = {id_: place for place, id_ in enumerate(ids, 1)}
    return {fault: min(places[id_] for id_ in found.noticed[fault]) for fault in faults if found.noticed[fault]}


def apfd(noticed_at: Mapping[str, int], cases: int) -> float:
    """The average of the percentage of faults detected (https://doi.org/10.1109/32.962562): 1 if all are at once."""
    return 1 - mean(noticed_at.values()) / cases + 1 / (2 * cases)


def _apfd_of(ids: Sequence[str], found: Notices) -> float:
    return apfd(first_places(ids, found, _reported()), len(ids))


def _shuffled(items: Sequence[str], seed: int) -> list[str]:
    return random.Random(seed).sample(items, len(items))  # noqa: S311 - not a secret
