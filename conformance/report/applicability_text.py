"""The cases that do not apply to the gateway, as sentences: a report shows them wherever it shows a percentage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.analysis import applicability
from conformance.analysis.applicability import Inapplicable
from conformance.core.plural import counted
from conformance.records.run_format import RunDocument
from conformance.report.text import words

MAX_REJECTED = 5
"""Capabilities that a line names; many gateways reject many optional ones."""


def lines(document: RunDocument) -> Iterator[str]:
    """A line for each endpoint that has cases which do not apply."""
    for counts in applicability.by_endpoint(document).values():
        if counts.total:
            yield f"{words(counts.endpoint)}: {_share(counts)}: {'; '.join(_why(counts))}"


def total(document: RunDocument) -> str:
    """One sentence about the whole run; "" if every case applies."""
    number = sum(counts.total for counts in applicability.by_endpoint(document).values())
    return f"{counted(number, 'case')} {'does' if number == 1 else 'do'} not apply." if number else ""


def _share(counts: Inapplicable) -> str:
    if counts.total == counts.cases:
        return f"none of {counted(counts.cases, 'case')} applies"
    return f"{counts.total} of {counted(counts.cases, 'case')} {'does' if counts.total == 1 else 'do'} not apply"


def _why(counts: Inapplicable) -> Iterator[str]:
    if counts.absent:
        yield f"the gateway does not have the endpoint ({counts.absent})"
    if counts.rejected:
        yield f"the gateway rejects {named(counts.rejected, MAX_REJECTED, numbers=True)}"
    if counts.declared:
        yield f"the profile leaves them out ({counts.declared})"


def named(rejected: Counter[str], most: int, numbers: bool = False) -> str:
    """The capabilities that are rejected most often, and how many more there are."""
    ranked = sorted(rejected.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [f"{name} ({cases})" if numbers else name for name, cases in ranked[:most]]
    rest = len(ranked) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
