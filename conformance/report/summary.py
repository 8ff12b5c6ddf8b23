"""A run in a few lines for the terminal: what was judged, how it ended, what is worth doing about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.analysis import route_differences
from conformance.core.model import JSON, Level
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.report.text import tally

MAX_EXAMPLES = 3
MAX_DIFFERENCES = 20


def lines(document: JSON, folder: Path) -> Iterator[str]:
    """The summary of a run.json document."""
    gateway = document["gateway"]
    models = sorted(set(gateway["models"].values()))
    yield plain(f"{gateway['name'] or 'gateway'} at {gateway['base_url']}, model {', '.join(models)}")
    yield from (plain(f"route {name}: {url}") for name, url in gateway.get("routes", {}).items())
    if "upstream" in document:
        yield plain(f"upstream at {document['upstream']['base_url']}, asked where something broke")
    yield from (plain(f"note: {note}") for note in gateway["notes"])
    yield tally([entry["outcome"] for entry in document["verdicts"]])
    yield from _by_rule(document, "must", "broken")
    yield from _by_rule(document, "should", "broken")
    yield from _routes(document)
    yield from _by_reason(document["verdicts"], "unverified")
    yield from _by_reason(document["verdicts"], "not_applicable")
    yield f"report: {folder / 'run.json'}"


def _by_rule(document: JSON, level: Level, title: str) -> Iterator[str]:
    """Each broken rule with the cases that broke it."""
    cases: dict[str, list[str]] = defaultdict(list)
    for entry in document["verdicts"]:
        for rule in run_file.broken_rules(entry, level):
            cases[rule].append(entry["id"])
    if cases:
        yield f"{level} rules {title}:"
    for rule, ids in sorted(cases.items(), key=lambda pair: -len(pair[1])):
        yield plain(f"  {rule} ({document['rules'][rule]['impact']}): {document['rules'][rule]['sentence']}")
        yield f"    {_examples(ids)}"


def _routes(document: JSON) -> Iterator[str]:
    """Where the routes to one gateway do not answer alike."""
    found = list(route_differences.differences(document["verdicts"]))
    if found:
        yield f"the routes differ in {len(found)} cases:"
    yield from (plain(f"  {difference}") for difference in found[:MAX_DIFFERENCES])
    if len(found) > MAX_DIFFERENCES:
        yield f"  and {len(found) - MAX_DIFFERENCES} more, in the report"


def _by_reason(verdicts: Sequence[JSON], outcome: str) -> Iterator[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for entry in verdicts:
        if entry["outcome"] == outcome:
            reasons[entry["reason"]].append(entry["id"])
    for reason, ids in reasons.items():
        yield plain(f"{outcome.replace('_', ' ')}: {reason}")
        yield f"    {_examples(ids)}"


def _examples(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_EXAMPLES
    return ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
