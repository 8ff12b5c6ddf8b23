"""Which clients a gateway is ready for, in a Markdown report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis import readiness
from conformance.records.run_format import NeedEntry, ReadinessEntry, RunDocument
from conformance.report.markdown_text import cell, code, folded, prose
from conformance.report.readiness import words


def lines(document: RunDocument) -> Iterator[str]:
    """The numbers of clients, with a table and the reasons folded; nothing if the run judged no client."""
    entries = words.ordered(readiness.of(document))
    if any(entry["status"] != "not_judged" for entry in entries):
        known = words.numbers(document)
        yield ""
        yield from folded(f"Clients: {', '.join(words.totals(entries))}", _table(entries, known))


def _table(entries: Sequence[ReadinessEntry], known: Mapping[str, int]) -> Iterator[str]:
    yield from ("| client | readiness | why | first to fix |", "|---|---|---|---|")
    for entry in entries:
        yield f"| {prose(entry['name'])} | {words.status(entry['status'])} | {_why(entry)} | {_fix(entry, known)} |"
    yield ""
    for entry in entries:
        yield from _reasons(entry)


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
