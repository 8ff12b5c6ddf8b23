"""The cost of a run: requests and tokens, retries, and repeated cases with different outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis.stability import stability
from conformance.records.run_format import RunDocument, SpentEntry, VerdictEntry
from conformance.report.text import words
from conformance.report.width import cut, wrapped

MAX_SHOWN = 10


def lines(document: RunDocument) -> Iterator[str]:
    """The lines about it in the terminal's summary."""
    yield from _spent(document.get("spent", {}))
    again = [entry for entry in document["verdicts"] if entry.get("attempts")]
    if again:
        yield "retried:"
        yield from _few([f"{entry['id']}: {entry['outcome']} {_attempts(entry)}" for entry in again])
    yield from _stability(document["verdicts"])


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


def _stability(verdicts: Sequence[VerdictEntry]) -> Iterator[str]:
    found = stability(verdicts)
    if found:
        unstable = [str(one) for one in found if one.count < one.times]
        yield f"stable: {len(found) - len(unstable)} of {len(found)} repeated cases"
        yield from _few(unstable)


def _few(texts: Sequence[str]) -> Iterator[str]:
    yield from (cut(f"  {text}") for text in texts[:MAX_SHOWN])
    if len(texts) > MAX_SHOWN:
        yield f"  and {len(texts) - MAX_SHOWN} more"
