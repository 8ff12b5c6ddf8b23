"""Which clients a gateway is ready for, at the end of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis import readiness
from conformance.records.run_format import ReadinessEntry, RunDocument
from conformance.report.readiness import words
from conformance.report.width import wrapped

MAX_REASONS = 2
"""Reasons why a client is not ready; the others are in the report."""

_WIDTH = max(len(words.status(name)) for name in words.ORDER)
_INDENT = " " * (_WIDTH + 4)


def lines(document: RunDocument) -> Iterator[str]:
    """The clients that are not ready, with reasons; those that are limited, with their losses; then the others."""
    entries = words.ordered(readiness.of(document))
    if not entries:
        return
    total = ", ".join(words.totals(entries))
    if all(entry["status"] == "not_judged" for entry in entries):
        yield from wrapped(f"clients: {total}; a full run judges all of them, and --gateway-client=NAME one")
        return
    yield f"clients: {total}"
    known = words.numbers(document)
    for name in words.ORDER:
        own = [entry for entry in entries if entry["status"] == name]
        if name in ("ready", "not_judged") and own:
            yield from _line(own[0], ", ".join(map(_short, own)))
        for entry in own if name in ("not_ready", "limited") else ():
            yield from _client(entry, known)


def _line(entry: ReadinessEntry, said: str) -> Iterator[str]:
    yield from wrapped(f"  {words.status(entry['status']):<{_WIDTH}}  {said}", _INDENT)


def _short(entry: ReadinessEntry) -> str:
    """The name that `--gateway-client` takes, with the needs without which a ready client loses time."""
    costs = [need["title"] for need in words.deciding(entry)] if entry["status"] == "ready" else []
    return f"{entry['client']} (recovers without {', '.join(costs)})" if costs else entry["client"]


def _client(entry: ReadinessEntry, known: Mapping[str, int]) -> Iterator[str]:
    found = words.deciding(entry)
    first = words.fix(entry, known)
    if entry["status"] == "limited":
        losses = f"without {', '.join(need['title'] for need in found)}"
        yield from _line(entry, f"{entry['name']}: {losses}{f'; first to fix: {first}' if first else ''}")
        return
    yield from _line(entry, entry["name"])
    yield from _reasons([words.absence(entry)] if words.absence(entry) else [*map(words.reason, found)])
    if first:
        yield from wrapped(f"{_INDENT}first to fix: {first}", _INDENT)


def _reasons(reasons: Sequence[str]) -> Iterator[str]:
    for said in reasons[:MAX_REASONS]:
        yield from wrapped(f"{_INDENT}{said}", f"{_INDENT}  ")
    if len(reasons) > MAX_REASONS:
        yield f"{_INDENT}and {len(reasons) - MAX_REASONS} more, in the report"
