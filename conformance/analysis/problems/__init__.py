"""The problems of a run: what an engineer would file as one bug each, with the condition under which it shows.

A pure function of run.json. Each exchange is an observation: facts, the rules that it could have broken, and those that
it broke (`observations`). Rules that break together are one problem (`grouping`), the narrowest condition on the facts
that explains where it shows is its scope (`scope`), and both together are told in words (`words`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from conformance.analysis.problems import grouping, related, scope, words
from conformance.analysis.problems.grouping import Group
from conformance.analysis.problems.observations import Observation, observe
from conformance.analysis.problems.scope import Scope
from conformance.core.model import Level
from conformance.protocol import rulebook
from conformance.records import run_document
from conformance.records.run_format import ExampleEntry, PlaceEntry, ProblemEntry, RunDocument, VerdictEntry

LEVELS: Sequence[Level] = ("must", "should", "may", "info")
_IMPACTS = ("breaks", "degrades", "cosmetic")


def of(document: RunDocument) -> list[ProblemEntry]:
    """The problems of a run: those that it states, or else those that its verdicts show."""
    return document["problems"] if "problems" in document else problems(document)


def with_problems(document: RunDocument) -> RunDocument:
    """The run with its problems, and with the rules that they name."""
    found = problems(document)
    rules = {**document["rules"], **run_document.rule_entries(rule for one in found for rule in one["rules"])}
    return {**document, "rules": dict(sorted(rules.items())), "problems": found}


def problems(document: RunDocument) -> list[ProblemEntry]:
    """The problems that the verdicts of a run show, the worst first."""
    observed = observe(document)
    found = [
        _problem(group, affected, observed)
        for group in grouping.groups(observed, related.related)
        for affected in _parts(group, observed)
    ]
    return sorted(_with_distinct_ids(found), key=_worst_first)


def _parts(group: Group, observed: Sequence[Observation]) -> list[set[Observation]]:
    """The affected exchanges of a group, divided where only several conditions explain them."""
    affected = group.affected
    leading = group.leading
    return scope.parts(affected, [one for one in observed if leading in one.held or one in affected])


def _problem(group: Group, affected: set[Observation], observed: Sequence[Observation]) -> ProblemEntry:
    leading = group.leading
    found = scope.find(affected, [one for one in observed if leading in one.held or one in affected])
    rules = [leading, *sorted(rule for rule, where in group.broken.items() if rule != leading and where & affected)]
    follows = sorted(rule for rule, where in group.following.items() if where and rule not in rules)
    followers = {one for rule in follows for one in group.following[rule] if one in affected or one.earlier & affected}
    entries = {one.id: one.entry for one in sorted((*affected, *followers), key=lambda one: one.id)}
    rule = rulebook.rules()[leading]
    level = _level(leading, affected)
    entry: ProblemEntry = {
        "id": _id(leading, found),
        "rule": leading,
        "rules": rules,
        "follows": follows,
        "level": level,
        "impact": rule.impact,
        "scope": {"facts": list(found.literals), "words": words.scope(found)},
        "shown": {"broken": found.broken, "inside": found.inside, "outside": found.outside},
        "cases": [*entries],
        "models": _values("model", affected),
        "routes": _values("route", affected),
        "example": _example(leading, affected),
    }
    if blames := {one.broken[leading].get("blame") for one in affected if leading in one.broken} - {None}:
        entry["blame"] = "gateway" if "gateway" in blames else "upstream"
    if nearest := _nearest(entry["example"], affected, [one for one in observed if leading in one.held]):
        entry["without"] = nearest
    if known := _known(entries.values()):
        entry["known"] = known
    return entry


def _level(leading: str, affected: set[Observation]) -> Level:
    """The worst level at which the rule was found broken: some cases lower it."""
    levels = {one.broken[leading]["level"] for one in affected if leading in one.broken}
    return min(levels, key=LEVELS.index)


def _id(rule: str, found: Scope) -> str:
    """Leading rule and scope: `chat.stream.done@chat_completions,streamed`."""
    literals = [literal.removeprefix("endpoint=") for literal in found.literals]
    return f"{rule}@{','.join(literals)}"


def _example(leading: str, affected: set[Observation]) -> ExampleEntry:
    """The smallest exchange that shows the problem; the shortest id where several are equally small."""
    shown = [one for one in affected if leading in one.broken]
    one = min(shown, key=lambda one: (one.size, len(one.id), one.id, one.step))
    finding = one.broken[leading]
    return {"case": one.id, "step": one.step, "expected": finding["expected"], "got": finding["got"]}


def _nearest(example: ExampleEntry, affected: set[Observation], could: Sequence[Observation]) -> PlaceEntry | None:
    """The exchange that does not show the problem and has most facts in common with the example."""
    own = next(one for one in affected if (one.id, one.step) == (example["case"], example["step"]))
    others = [one for one in could if one not in affected and not one.broken and one.entry["outcome"] == "passed"]
    if not others:
        return None
    best = min(others, key=lambda one: (len(one.facts ^ own.facts), len(one.id), one.id, one.step))
    return {"case": best.id, "step": best.step}


def _values(name: str, affected: set[Observation]) -> list[str]:
    """The values that a fact has in the affected exchanges."""
    start = f"{name}="
    return sorted({fact.removeprefix(start) for one in affected for fact in one.facts if fact.startswith(start)})


def _known(entries: Collection[VerdictEntry]) -> str:
    """Why the problem is known, if all of its cases are; else ""."""
    if not all(entry["outcome"] == "known" for entry in entries):
        return ""
    return "; ".join(dict.fromkeys(entry["reason"] for entry in entries))


def _with_distinct_ids(found: Sequence[ProblemEntry]) -> Iterator[ProblemEntry]:
    """The problems, numbered where the words of a scope do not tell two of one rule apart."""
    seen = Counter[str]()
    for problem in found:
        seen[problem["id"]] += 1
        number = seen[problem["id"]]
        yield problem if number == 1 else {**problem, "id": f"{problem['id']}~{number}"}


def _worst_first(problem: ProblemEntry) -> tuple[object, ...]:
    return (
        "known" in problem,
        LEVELS.index(problem["level"]),
        _IMPACTS.index(problem["impact"]),
        -len(problem["cases"]),
        problem["id"],
    )
