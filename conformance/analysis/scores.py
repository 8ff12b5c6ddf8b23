"""Conformance scores: the numbers of badges, tables and comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from conformance.core.model import Outcome
from conformance.records import run_file
from conformance.records.run_format import RunDocument


@dataclass(frozen=True, slots=True)
class Share:
    """The cases of one endpoint and model: how many apply, and in how many of these no `must` was broken."""

    endpoint: str
    model: str
    conformant: int
    applicable: int
    outcomes: Mapping[Outcome, int]

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all; None if no case applies."""
        return 100 * self.conformant // self.applicable if self.applicable else None


def by_endpoint(document: RunDocument, lost: Collection[str] = ()) -> tuple[Share, ...]:
    """A share for each endpoint and model of a run. An unverified case counts as not conformant.

    `lost` are the ids of cases that passed in the baseline and no longer apply: they count as not conformant, too.
    """
    models = document["gateway"]["models"]
    kinds: dict[tuple[str, str], list[Outcome]] = {}
    losses: Counter[tuple[str, str]] = Counter()
    for entry in document["verdicts"]:
        key = entry["endpoint"], run_file.model_of(models, entry)
        kinds.setdefault(key, []).append(entry["outcome"])
        losses[key] += entry["id"] in lost
    order = list(run_file.endpoints(document))
    return tuple(
        share(*key, kinds[key], losses[key]) for key in sorted(kinds, key=lambda key: (order.index(key[0]), key[1]))
    )  # fmt: skip


def share(endpoint: str, model: str, outcomes: Iterable[Outcome], lost: int = 0) -> Share:
    """The share of these outcomes, of which `lost` are not applicable and count nevertheless."""
    counts = Counter(outcomes)
    applicable = counts.total() - counts["not_applicable"] + lost
    return Share(endpoint, model, sum(counts[name] for name in run_file.CONFORMANT), applicable, counts)
