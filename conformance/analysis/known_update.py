"""A first list of known failures for a run: one entry for each problem, to which people add the reasons.

With the list, the same run passes. A failure that no problem explains gets an entry of its own, by case and rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from conformance.analysis import known_failures, problems
from conformance.analysis.known_failures import PLACEHOLDER, KnownFailure
from conformance.analysis.known_problem import KnownProblem
from conformance.analysis.problems.observed import with_observed
from conformance.core.model import Level, Outcome
from conformance.core.plural import counted
from conformance.protocol import rulebook
from conformance.records import run_file
from conformance.records.run_format import FindingEntry, OverRunEntry, ProblemEntry, RunDocument, VerdictEntry

DAYS = 14
"""The days for which an entry without a reason is accepted."""
RARE = 5
"""An intermittent problem in no more exchanges than this may be missing from the next run by chance."""

_OUTCOMES: Mapping[Level, frozenset[Outcome]] = {
    "must": frozenset({"failed", "known"}),
    "should": frozenset({"failed", "known", "warned"}),
}
"""Level -> the outcomes that the list has to explain."""


def update(document: RunDocument, today: date, level: Level = "must") -> str:
    """A first list as YAML: the problems that make cases fail; with the level `should` also those that only warn.

    Raises RecordingError if an exchange of an older run cannot be read.
    """
    document = with_observed(document)
    failures = _failures(document, _OUTCOMES[level])
    listed = [(_entry(problem), problem) for problem in problems.of(document)]
    listed = [(entry, problem) for entry, problem in listed if any(one.is_covered(entry) for one in failures)]
    left = [one for one in failures if not any(one.is_covered(entry) for entry, _ in listed)]
    expires = (today + timedelta(days=DAYS)).isoformat()
    lines = [line for entry, problem in listed for line in _of_problem(entry, problem, expires)]
    lines += [line for one in {(one.name, one.rule): one for one in left}.values() for line in _of_case(one, expires)]
    return _HEAD + ("known:\n" + "\n".join(lines) if lines else "known: []") + "\n"


_HEAD = f"""\
# yaml-language-server: $schema=schemas/known.schema.json
# Known failures. Give each a reason, the link to its issue, and a date on which it expires.
# Without a reason, an entry is accepted until its date: {DAYS} days after this list was written.
# An entry whose problem no longer occurs, that matches nothing or that has expired fails the run.
format: 1
"""


def _entry(problem: ProblemEntry) -> KnownFailure:
    rules = (*problem["rules"], *problem["follows"])
    further = (rule for rule in rules if rule != problem["rule"] and _can_fail(rule))
    return KnownFailure(
        "", PLACEHOLDER, problem=KnownProblem(problem["rule"], tuple(problem["scope"]["facts"]), tuple(further))
    )


def _can_fail(rule: str) -> bool:
    known = rulebook.rules().get(rule)
    return known is None or known.level in run_file.FAILING_LEVELS


@dataclass(frozen=True, slots=True)
class _Failure:
    """A finding that the list has to cover: of a verdict, or of the whole run in one of its cases."""

    verdict: VerdictEntry
    finding: FindingEntry | None = None
    over_run: OverRunEntry | None = None

    @property
    def name(self) -> str:
        return self.verdict["id"]

    @property
    def rule(self) -> str:
        return self.told["rule"]

    @property
    def told(self) -> FindingEntry | OverRunEntry:
        told = self.finding or self.over_run
        assert told is not None
        return told

    def is_covered(self, entry: KnownFailure) -> bool:
        if self.finding:
            return known_failures.covers(entry, {}, self.verdict, self.finding)
        assert self.over_run is not None
        return known_failures.covers_case(entry, self.over_run, self.name, {self.name: self.verdict})


def _failures(document: RunDocument, outcomes: frozenset[Outcome]) -> list[_Failure]:
    """The findings that decided such an outcome, of the verdicts and over the run."""
    verdicts = {verdict["id"]: verdict for verdict in document["verdicts"]}
    found = [
        _Failure(verdict, finding)
        for verdict in verdicts.values()
        if verdict["outcome"] in outcomes
        for finding in known_failures.decisive_findings(verdict)
    ]
    over_run = [
        _Failure(verdicts[name], over_run=finding)
        for finding in document.get("over_run", [])
        if run_file.over_run_outcome(finding) in outcomes
        for name in finding["cases"]
        if name in verdicts
    ]
    return found + over_run


def _of_problem(entry: KnownFailure, problem: ProblemEntry, expires: str) -> Iterator[str]:
    assert entry.problem is not None
    shown, example = problem["shown"], problem["example"]
    often = f"{shown['broken']} of {shown['inside']}, in {counted(len(problem['cases']), 'case')}"
    yield f"  # {_comment(problem['scope']['words'])}: {often}"
    yield f"  # expected {_comment(example['expected'])}; got {_comment(example['got'])}"
    yield f"  - problem: {_quoted(problem['id'])}"
    if entry.problem.rules:
        yield f"    rules: [{', '.join(entry.problem.rules)}]"
    yield from _without_reason(expires)
    if shown["broken"] < shown["inside"] and shown["broken"] <= RARE:
        yield "    sometimes: true"


def _of_case(failure: _Failure, expires: str) -> Iterator[str]:
    yield f"  # expected {_comment(failure.told['expected'])}; got {_comment(failure.told['got'])}"
    yield f"  - cases: {_quoted(failure.name)}"
    yield f"    rule: {failure.rule}"
    yield from _without_reason(expires)


def _without_reason(expires: str) -> Iterator[str]:
    yield f'    reason: "{PLACEHOLDER}"'
    yield f"    expires: {expires}"


def _comment(text: str) -> str:
    """A gateway's text in a YAML comment: escaped, so that it cannot end the comment."""
    return json.dumps(text[:100])


def _quoted(text: str) -> str:
    """A text in YAML's double quotes. YAML's \\U takes any code point; JSON's \\u would need surrogate pairs."""
    signs = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text)
    return f'"{"".join(signs)}"'
