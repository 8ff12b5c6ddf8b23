"""How much of what applies an endpoint keeps: the numbers of badges, tables and comparisons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.core.model import JSON
from conformance.records import run_file


@dataclass(frozen=True, slots=True)
class Share:
    """The cases of one endpoint and model that apply, and those in which no `must` was broken."""

    endpoint: str
    model: str
    conformant: int
    applicable: int
    outcomes: Mapping[str, int]

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all; None where nothing applies."""
        return 100 * self.conformant // self.applicable if self.applicable else None


def by_endpoint(document: JSON) -> tuple[Share, ...]:
    """A share for each endpoint and model of a run. What could not be judged counts as not kept."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for entry in document["verdicts"]:
        kinds.setdefault((entry["endpoint"], run_file.model(document, entry)), []).append(entry["outcome"])
    order = list(run_file.endpoints(document))
    return tuple(
        share(*key, kinds[key]) for key in sorted(kinds, key=lambda key: (order.index(key[0]), key[1]))
    )  # fmt: skip


def share(endpoint: str, model: str, outcomes: Iterable[str]) -> Share:
    """The share of these outcomes."""
    counts = Counter(outcomes)
    applicable = counts.total() - counts["not_applicable"]
    return Share(endpoint, model, sum(counts[name] for name in run_file.CONFORMANT), applicable, counts)
