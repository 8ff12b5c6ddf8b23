"""The explanation of the problems of a gateway: what it does, who is at fault, and the evidence.

The file is written by hand. `judged` joins it with the problems of a run, so that a problem without an explanation, and
an explanation without a problem, are noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.analysis import problems
from conformance.core.globs import fits
from conformance.core.yaml_input import InputError, read_yaml
from conformance.records import run_file
from conformance.records.run_format import ProblemEntry, RunDocument

_ALL = "*"


@dataclass(frozen=True, slots=True)
class Finding:
    """An explanation of the problems that have its rule and one of its cases; `place` is its file and line."""

    rule: str
    cases: str
    does: str
    fault: str
    evidence: str
    place: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A file with findings; `before` and `after` are Markdown around them."""

    file: str
    title: str
    before: str
    findings: tuple[Finding, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A problem with its explanations; the first one is about its leading rule, if any is."""

    problem: ProblemEntry
    findings: tuple[Finding, ...]


def load_judgement(path: Path) -> Judgement:
    """A file in the format of schemas/judgement.schema.json. Raises InputError."""
    document = read_yaml(path, "judgement.schema.json")
    value = document.value
    findings = tuple(
        Finding(
            rule=entry["rule"],
            cases=entry.get("cases", _ALL),
            does=entry["does"].strip(),
            fault=entry["fault"],
            evidence=entry["evidence"].strip(),
            place=document.at("findings", index),
        )
        for index, entry in enumerate(value["findings"])
    )
    return Judgement(document.file, value["title"], value["before"].strip(), findings, value["after"].strip())


def judged(run: RunDocument, judgement: Judgement) -> list[Judged]:
    """The problems that can fail a case, the worst first, with their explanations.

    Raises InputError for a problem without an explanation, and for an explanation without a problem.
    """
    found = [problem for problem in problems.of(run) if run_file.can_fail(problem)]
    explained: dict[str, list[Finding]] = {problem["id"]: [] for problem in found}
    for finding in judgement.findings:
        own = list(_explained(finding, found))
        if not own:
            raise InputError(f"{finding.place}: no problem has {finding.rule} in {finding.cases}; correct or remove it")
        for problem in own:
            explained[problem["id"]].append(finding)
    for problem in found:
        if not explained[problem["id"]]:
            example = problem["example"]["case"]
            raise InputError(f"{judgement.file}: no finding explains {problem['id']} (as in {example}); add one")
    return [Judged(problem, _leading_first(problem, _closest(problem, explained[problem["id"]]))) for problem in found]


def _explained(finding: Finding, found: Sequence[ProblemEntry]) -> Iterator[ProblemEntry]:
    """The problems that break the rule; if it only follows from others, the one with most of the cases."""
    direct = [problem for problem in found if finding.rule in problem["rules"] and _cases(finding, problem)]
    yield from direct
    following = [problem for problem in found if finding.rule in problem["follows"] and _cases(finding, problem)]
    if following and not direct:
        yield max(following, key=lambda problem: _cases(finding, problem))


def _cases(finding: Finding, problem: ProblemEntry) -> int:
    """How many cases of a problem a finding is about."""
    return sum(fits(finding.cases, name) for name in problem["cases"])


def _closest(problem: ProblemEntry, found: Sequence[Finding]) -> list[Finding]:
    """The findings without those about all cases of a rule, if others are about every case of the problem."""
    return [one for one in found if one.cases != _ALL or not _is_covered(problem, one.rule, found)]


def _is_covered(problem: ProblemEntry, rule: str, found: Sequence[Finding]) -> bool:
    own = [one.cases for one in found if one.rule == rule and one.cases != _ALL]
    return all(any(fits(cases, name) for cases in own) for name in problem["cases"])


def _leading_first(problem: ProblemEntry, found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda finding: finding.rule != problem["rule"]))
