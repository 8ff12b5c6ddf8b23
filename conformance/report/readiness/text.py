"""Which clients a gateway is ready for, at the end of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis import readiness
from conformance.records.run_format import ReadinessEntry, RunDocument
from conformance.report.readiness import words
from conformance.report.width import wrapped

MAX_REASONS = 3
"""Reasons of a client; the others are in the report."""

_WIDTH = max(len(words.status(name)) for name in words.ORDER)
_INDENT = " " * (_WIDTH + 4)


def lines(document: RunDocument) -> Iterator[str]:
    """A line for each client that is not ready or limited, with the reasons; the others are named together."""
    entries = words.ordered(readiness.of(document))
    if not entries:
        return
    yield f"clients: {', '.join(words.totals(entries))}"
    known = words.numbers(document)
    for name in words.ORDER:
        own = [entry for entry in entries if entry["status"] == name]
        if name in ("ready", "not_judged") and own:
            yield from wrapped(f"  {words.status(name):<{_WIDTH}}  {', '.join(map(_name, own))}", _INDENT)
        elif own:
            for entry in own:
                yield from _client(entry, words.fix(entry, known))
    if all(entry["status"] == "not_judged" for entry in entries):
        yield "  a full run judges all clients, and --gateway-client=NAME one of them"


def _name(entry: ReadinessEntry) -> str:
    """The name, with what costs a ready client time."""
    costs = [need["title"] for need in words.deciding(entry)] if entry["status"] == "ready" else []
    return f"{entry['name']} (recovers without {', '.join(costs)})" if costs else entry["name"]


def _client(entry: ReadinessEntry, fix: str) -> Iterator[str]:
    found = words.deciding(entry)
    yield from wrapped(f"  {words.status(entry['status']):<{_WIDTH}}  {entry['name']}", _INDENT)
    yield from _reasons([words.reason(need) for need in found])
    if fix:
        yield from wrapped(f"{_INDENT}first to fix: {fix}", _INDENT)


def _reasons(reasons: Sequence[str]) -> Iterator[str]:
    for said in reasons[:MAX_REASONS]:
        yield from wrapped(f"{_INDENT}{said}", f"{_INDENT}  ")
    if len(reasons) > MAX_REASONS:
        yield f"{_INDENT}and {len(reasons) - MAX_REASONS} more, in the report"
