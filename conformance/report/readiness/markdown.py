"""Which clients a gateway is ready for, in a Markdown report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.analysis import readiness
from conformance.records.run_format import NeedEntry, ReadinessEntry, RunDocument
from conformance.report.markdown_text import cell, code, folded, prose
from conformance.report.readiness import words


def lines(document: RunDocument) -> Iterator[str]:
    """A table with a row for each client, and the reasons folded below it; nothing for a run without clients."""
    entries = words.ordered(readiness.of(document))
    if not entries:
        return
    known = words.numbers(document)
    yield from ("", f"### Clients: {', '.join(words.totals(entries))}", "")
    yield from ("| client | readiness | why | first to fix |", "|---|---|---|---|")
    for entry in entries:
        yield f"| {prose(entry['name'])} | {words.status(entry['status'])} | {_why(entry)} | {_fix(entry, known)} |"
    if reasons := [line for entry in entries for line in _reasons(entry)]:
        yield from ("", *folded("Reasons for each client", reasons))


def _why(entry: ReadinessEntry) -> str:
    """The titles of the needs that decide; the sentences are below the table."""
    titles = ", ".join(prose(need["title"]) for need in words.deciding(entry))
    return f"recovers without {titles}" if titles and entry["status"] == "ready" else titles


def _fix(entry: ReadinessEntry, known: Mapping[str, int]) -> str:
    id_ = entry.get("fix", "")
    number = f"{known[id_]}. " if id_ in known else ""
    return f"{number}{cell(id_)}" if id_ else ""


def _reasons(entry: ReadinessEntry) -> Iterator[str]:
    found = words.deciding(entry)
    if not found:
        return
    yield from (f"**{prose(entry['name'])}** ({words.status(entry['status'])})", "")
    for need in found:
        yield f"- {_reason(need)}"
    yield ""


def _reason(need: NeedEntry) -> str:
    if need["state"] == "open":
        return f"{prose(need['title'])}: {need['count']:,} of {need['of']:,} cases not judged, such as {_cases(need)}"
    how = "measured" if need["measured"] else "verified"
    told = f"{prose(need['title'])}: {prose(need['sentence'])} {code(words.evidence(need))}, such as {_cases(need)}"
    return f"{told} ({how} {code(need['verified'])}, source: {code(need['source'])})"


def _cases(need: NeedEntry) -> str:
    return ", ".join(map(code, need["cases"][:2]))
