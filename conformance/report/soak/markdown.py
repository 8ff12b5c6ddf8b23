"""The soak of a run in a Markdown report."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.records.run_format import RunDocument
from conformance.report.markdown_text import cell, code
from conformance.report.soak import text as soak_text


def lines(document: RunDocument) -> Iterator[str]:
    """A table of what is judged, and the first answers with a defect; nothing without a soak."""
    entry = document.get("soak")
    if entry is None:
        return
    yield from ("", f"### Soak: {len(entry['problems'])} of 5 judgements are problems", "")
    yield from (code(soak_text.head(entry)), "", "| state | finding |", "|---|---|")
    for found in soak_text.judgements(entry):
        state = f"**{found.state}**" if found.state == "problem" else found.state
        yield f"| {state} | {cell(found.sentence)} |"
    told = [
        *map(code, soak_text.reasons(entry)),
        *(f"{code(soak_text.place(example))}: {code(example['what'])}" for example in entry["examples"]),
    ]
    if told:
        yield ""
        yield from (f"- {line}" for line in told)
