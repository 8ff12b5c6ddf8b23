"""A run in a few terminal lines: the gateway, the outcomes, and the broken rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.analysis import route_differences
from conformance.core.model import Level, Outcome
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry
from conformance.report import applicability_text
from conformance.report.text import IMPACTS, tally, words

MAX_EXAMPLES = 3
MAX_DIFFERENCES = 20


def lines(document: RunDocument, folder: Path) -> Iterator[str]:
    """The summary of a run; `folder` is where its reports are."""
    gateway = document["gateway"]
    models = sorted(set(gateway["models"].values()))
    yield plain(f"{gateway.get('name') or 'gateway'} at {gateway['base_url']}, model {', '.join(models)}")
    yield from (plain(f"route {name}: {url}") for name, url in gateway.get("routes", {}).items())
    if "upstream" in document:
        yield plain(f"upstream at {document['upstream']['base_url']}, tested where a rule was broken")
    yield from (plain(f"note: {note}") for note in gateway.get("notes", []))
    yield tally([entry["outcome"] for entry in document["verdicts"]])
    yield from (plain(line) for line in applicability_text.lines(document))
    yield from _by_rule(document, "must")
    yield from _by_rule(document, "should")
    yield from _over_run(document)
    yield from _routes(document)
    yield from _by_reason(document["verdicts"], "unverified")
    yield from _by_reason(document["verdicts"], "not_applicable")
    yield from _by_reason([entry for entry in document["verdicts"] if entry["reason"]], "passed")
    yield f"report: {folder / 'run.json'}"


def _by_rule(document: RunDocument, level: Level) -> Iterator[str]:
    """Each broken rule of this level, with the cases that broke it."""
    cases: dict[str, list[str]] = defaultdict(list)
    for entry in document["verdicts"]:
        for rule in run_file.broken_rules(entry, level):
            cases[rule].append(entry["id"])
    if cases:
        yield f"{level} rules broken:"
    for rule, ids in sorted(cases.items(), key=lambda pair: -len(pair[1])):
        facts = document["rules"][rule]
        yield plain(f"  {rule} ({IMPACTS[facts['impact']]}): {facts['sentence']}")
        yield f"    {_examples(ids)}"


def _over_run(document: RunDocument) -> Iterator[str]:
    """The rules that the answers of a family break together."""
    found = document.get("over_run", [])
    if found:
        yield "rules broken over the whole run:"
    for entry in found:
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


def _by_reason(verdicts: Sequence[VerdictEntry], outcome: Outcome) -> Iterator[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for entry in verdicts:
        if entry["outcome"] == outcome:
            reasons[entry["reason"]].append(entry["id"])
    for reason, ids in reasons.items():
        yield plain(f"{words(outcome)}: {reason}")
        yield f"    {_examples(ids)}"


def _examples(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_EXAMPLES
    return ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
