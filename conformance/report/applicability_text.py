"""The cases that do not apply to the gateway, as sentences: a report shows them wherever it shows a percentage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.analysis import applicability
from conformance.analysis.applicability import Inapplicable
from conformance.core.plural import counted
from conformance.records.run_format import RunDocument
from conformance.report.text import words

MAX_REJECTED = 5
"""Capabilities that a line names; many gateways reject many optional ones."""


def lines(document: RunDocument) -> Iterator[str]:
    """A line for each endpoint with cases that do not apply; one for all where only the profile leaves cases out."""
    found = [counts for counts in applicability.by_endpoint(document).values() if counts.total]
    by_profile = [counts for counts in found if counts.declared == counts.total < counts.cases]
    together = by_profile if len(by_profile) > 1 else []
    for counts in found:
        if counts not in together:
            yield f"{words(counts.endpoint)}: {_share(counts)}: {'; '.join(_why(counts))}"
    if together:
        listed = (f"{words(counts.endpoint)} {counts.total} of {counts.cases}" for counts in together)
        yield f"cases left out by the profile: {', '.join(listed)}"


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
        yield f"the gateway rejects {_listed(counts, _with_numbers, MAX_REJECTED)}"
    if counts.declared:
        yield f"left out by the profile ({counts.declared})"


def rejected(counts: Inapplicable, most: int) -> str:
    """The capabilities that are rejected, without numbers, as a badge shows them."""
    return _listed(counts, lambda name, counts: f"{name} in part" if counts.accepted[name] else name, most)


def _with_numbers(name: str, counts: Inapplicable) -> str:
    """A capability with the number of cases; some of them may pass, which a list of capabilities would hide."""
    accepted = f", and accepts it in {counts.accepted[name]}" if counts.accepted[name] else ""
    return f"{name} ({counts.rejected[name]}{accepted})"


def _listed(counts: Inapplicable, shown: Callable[[str, Inapplicable], str], most: int) -> str:
    """The capabilities that are rejected most often, and how many more there are."""
    ranked = sorted(counts.rejected, key=lambda name: (-counts.rejected[name], name))
    rest = len(ranked) - most
    return ", ".join(shown(name, counts) for name in ranked[:most]) + (f" and {rest} more" if rest > 0 else "")
