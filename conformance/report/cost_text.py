"""The cost of a run: requests and tokens, and retries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.records.run_format import RunDocument, SpentEntry, VerdictEntry
from conformance.report.text import words
from conformance.report.width import few, wrapped


def lines(document: RunDocument) -> Iterator[str]:
    """The lines about it in the terminal's summary."""
    yield from _spent(document.get("spent", {}))
    again = [entry for entry in document["verdicts"] if entry.get("attempts")]
    if again:
        yield "retried:"
        yield from few([f"{entry['id']}: {entry['outcome']} {_attempts(entry)}" for entry in again])


def _spent(spent: Mapping[str, SpentEntry]) -> Iterator[str]:
    if spent:
        requests = ", ".join(f"{words(endpoint)} {part['requests']:,}" for endpoint, part in spent.items())
        sent = sum(part["input_tokens"] for part in spent.values())
        got = sum(part["output_tokens"] for part in spent.values())
        yield from wrapped(f"requests: {requests}; {sent:,} + {got:,} tokens")


def _attempts(entry: VerdictEntry) -> str:
    """The number of attempts, of the step that needed the most."""
    steps = [attempt["step"] for attempt in entry["attempts"]]
    return f"on attempt {max(steps.count(step) for step in steps) + 1}"
