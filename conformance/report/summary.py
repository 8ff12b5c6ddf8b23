"""A run in a few terminal lines: the gateway, the outcomes, and why cases were not judged."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.analysis import problems, route_differences
from conformance.core.model import Outcome
from conformance.core.plural import counted
from conformance.core.reasons import BY_PROFILE, STOPPED
from conformance.core.terminal_text import plain
from conformance.records.run_format import OverRunEntry, RunDocument, VerdictEntry
from conformance.report import applicability_text
from conformance.report.text import tally, words
from conformance.report.width import cut, wrapped

MAX_EXAMPLES = 3
MAX_REASONS = 10
MAX_LINES = 3
"""Lines of a reason."""
MAX_DIFFERENCES = 20


def lines(document: RunDocument, folder: Path) -> Iterator[str]:
    """The summary of a run besides its problems; `folder` is where its reports are."""
    gateway = document["gateway"]
    models = sorted(set(gateway["models"].values()))
    outcomes = tally([entry["outcome"] for entry in document["verdicts"]])
    name = gateway.get("name") or "gateway"
    yield from wrapped(f"{name} at {gateway['base_url']}, model {', '.join(models)}: {outcomes or 'no cases'}")
    yield from (plain(f"route {name}: {url}") for name, url in gateway.get("routes", {}).items())
    if "upstream" in document:
        yield plain(f"upstream at {document['upstream']['base_url']}, tested where a rule was broken")
    for note in gateway.get("notes", []):
        yield from wrapped(f"note: {note}")
    yield from _over_run(document)
    yield from _routes(document)
    yield from _unverified(document["verdicts"])
    yield from _passed(document["verdicts"])
    for line in applicability_text.lines(document):
        yield from wrapped(line)
    yield from _by_profile(document["verdicts"])
    yield f"report: {folder / 'run.json'}"


def _over_run(document: RunDocument) -> Iterator[str]:
    """The rules that the answers of a family break together, as far as they are in none of the problems."""
    told = {rule for problem in problems.of(document) for rule in problem["rules"]}
    found = [entry for entry in document.get("over_run", []) if entry["rule"] not in told]
    if found:
        yield "rules broken over the whole run:"
    for entry in found:
        yield from _over_run_entry(document, entry)


def _over_run_entry(document: RunDocument, entry: OverRunEntry) -> Iterator[str]:
    known = f" ({entry['known']})" if "known" in entry else ""
    yield plain(f"  {entry['rule']} ({entry['level']}): {document['rules'][entry['rule']]['sentence']}{known}")
    yield plain(f"    {words(entry['family'])}: {entry['got']}, for example {_examples(entry['cases'])}")


def _routes(document: RunDocument) -> Iterator[str]:
    """The cases that the routes answer differently."""
    found = list(route_differences.differences(document["verdicts"]))
    if found:
        yield f"the routes differ in {counted(len(found), 'case')}:"
    yield from (plain(f"  {difference}") for difference in found[:MAX_DIFFERENCES])
    if len(found) > MAX_DIFFERENCES:
        yield f"  and {len(found) - MAX_DIFFERENCES} more, in the report"


def _unverified(verdicts: Sequence[VerdictEntry]) -> Iterator[str]:
    """The unverified cases by reason, the most frequent first. An outage is told at the beginning, not here."""
    own = [entry for entry in verdicts if entry["outcome"] == "unverified" and not entry["reason"].startswith(STOPPED)]
    yield from _by_reason("unverified", own)


def _passed(verdicts: Sequence[VerdictEntry]) -> Iterator[str]:
    """The passed cases of which a part was not judged, by reason."""
    yield from _by_reason("passed", [entry for entry in verdicts if entry["outcome"] == "passed" and entry["reason"]])


def _by_reason(outcome: Outcome, entries: Sequence[VerdictEntry]) -> Iterator[str]:
    groups: dict[str, list[VerdictEntry]] = defaultdict(list)
    for entry in entries:
        groups[_CHANGING.sub("", entry["reason"])].append(entry)
    ranked = sorted(groups.values(), key=len, reverse=True)
    for found in ranked[:MAX_REASONS]:
        yield from wrapped(f"{outcome}: {counted(len(found), 'case')}: {found[0]['reason']}", most=MAX_LINES)
        yield cut(f"    {_examples([entry['id'] for entry in found])}")
    if rest := ranked[MAX_REASONS:]:
        number = sum(map(len, rest))
        yield f"{outcome}: {counted(number, 'case')} for {counted(len(rest), 'other reason')}, in the report"


_CHANGING = re.compile(r"\b(?=\w*\d)\w{4,}\b|\d+\.\d+")
"""Ids and seconds in reasons: reasons that differ only in these are one. A status has fewer characters."""


def _by_profile(verdicts: Sequence[VerdictEntry]) -> Iterator[str]:
    """The capabilities and endpoints that the profile leaves out, with the number of cases."""
    counts: dict[str, dict[str, int]] = {start: defaultdict(int) for start in BY_PROFILE}
    for entry in verdicts:
        if entry["outcome"] == "not_applicable":
            for start in BY_PROFILE:
                if entry["reason"].startswith(start):
                    counts[start][entry["reason"].removeprefix(start)] += 1
    for start, found in counts.items():
        if found:
            listed = ", ".join(f"{name} ({number})" for name, number in found.items())
            yield from wrapped(f"not applicable: {start}{listed}")


def _examples(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_EXAMPLES
    return ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
