"""What a run took: what was spent, what was tried again, and what did not end the same each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis.stability import stability
from conformance.core.model import JSON

MAX_SHOWN = 10


def lines(document: JSON) -> Iterator[str]:
    """The lines about it in the terminal's summary."""
    yield from _spent(document.get("spent", {}))
    again = [entry for entry in document["verdicts"] if entry.get("attempts")]
    if again:
        yield "tried again:"
        yield from _few([f"{entry['id']}: {entry['outcome']} {_tries(entry)}" for entry in again])
    yield from _stability(document["verdicts"])


def _spent(spent: JSON) -> Iterator[str]:
    parts = [
        f"{family} {part['requests']} ({part['input_tokens']} + {part['output_tokens']} tokens)"
        for family, part in spent.items()
    ]
    if parts:
        yield f"requests: {', '.join(parts)}"


def _tries(entry: JSON) -> str:
    """On which try a case ended; one of several steps had the most."""
    steps = [attempt["step"] for attempt in entry["attempts"]]
    return f"on try {max(steps.count(step) for step in steps) + 1}"


def _stability(verdicts: Sequence[JSON]) -> Iterator[str]:
    found = stability(verdicts)
    if found:
        shaky = [str(one) for one in found if one.count < one.times]
        yield f"stable: {len(found) - len(shaky)} of {len(found)} repeated cases"
        yield from _few(shaky)


def _few(texts: Sequence[str]) -> Iterator[str]:
    yield from (f"  {text}" for text in texts[:MAX_SHOWN])
    if len(texts) > MAX_SHOWN:
        yield f"  and {len(texts) - MAX_SHOWN} more"
