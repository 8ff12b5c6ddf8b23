"""Conformance scores: the numbers of badges, tables and comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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


def by_endpoint(document: RunDocument) -> tuple[Share, ...]:
    """A share for each endpoint and model of a run. An unverified case counts as not conformant."""
    models = document["gateway"]["models"]
    kinds: dict[tuple[str, str], list[Outcome]] = {}
    for entry in document["verdicts"]:
        kinds.setdefault((entry["endpoint"], run_file.model_of(models, entry)), []).append(entry["outcome"])
    order = list(run_file.endpoints(document))
    return tuple(
        share(*key, kinds[key]) for key in sorted(kinds, key=lambda key: (order.index(key[0]), key[1]))
    )  # fmt: skip


def share(endpoint: str, model: str, outcomes: Iterable[Outcome]) -> Share:
    """The share of these outcomes."""
    counts = Counter(outcomes)
    applicable = counts.total() - counts["not_applicable"]
    return Share(endpoint, model, sum(counts[name] for name in run_file.CONFORMANT), applicable, counts)
