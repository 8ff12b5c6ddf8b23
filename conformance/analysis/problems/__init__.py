"""The problems of a run: each is one bug for an engineer, with the condition under which it shows.

A pure function of run.json. Each exchange is an observation: facts, the rules that it could have broken, and those that
it broke (`observations`). Rules that break together are one problem (`grouping`), the narrowest condition on the facts
that explains where it shows is its scope (`scope`), and both together are told in words (`words`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain

from conformance.analysis.problems import grouping, intermittent, related, words
from conformance.analysis.problems.grouping import Group
from conformance.analysis.problems.observations import Bits, Observation, Observations, observe
from conformance.analysis.problems.observed import with_observed
from conformance.analysis.problems.scope import ENDPOINT, SIMPLE, SIMPLE_OF_CASES, Scope, Scopes
from conformance.core.model import Level
from conformance.judge.facts import table
from conformance.protocol import rulebook
from conformance.records import run_document
from conformance.records.run_file import FAILING_LEVELS
from conformance.records.run_format import ExampleEntry, PlaceEntry, ProblemEntry, RunDocument, VerdictEntry

LEVELS: Sequence[Level] = ("must", "should", "may", "info")
_IMPACTS = ("breaks", "degrades", "cosmetic")
_STATUS = "case.status"


def _circular(rule: str) -> Collection[str]:
    """The facts that may be true because a rule is broken, and so do not explain it: those about the answer.

    They explain rules about the form of answers. A status tells rejections apart: 400 for a key is not 500 for a body.
    """
    about_answer = [fact.name for fact in table().values() if fact.of_answer]
    if rule == _STATUS:
        return [name for name in about_answer if name != "status"]
    return about_answer if rule.startswith(grouping.CASE) or ".fit." in rule else ()


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
    observed = observe(with_observed(document))
    found = [
        _problem(part, observed)
        for group in grouping.groups(observed, related.related, related.follows)
        for part in _parts(group, observed)
    ]
    return sorted(_with_distinct_ids(found), key=_worst_first)


def _parts(group: Group, observed: Observations) -> Iterator[Group]:
    """The group, divided where only several conditions explain its exchanges, or its findings differ in kind."""
    scopes = _scopes(group, observed)
    for kind in _kinds(group, observed, scopes):
        for part in scopes.parts(kind):
            yield group.within(part, observed)


def _kinds(group: Group, observed: Observations, scopes: Scopes) -> list[Bits]:
    """The affected exchanges by what is wrong, for a rule that says so only in its finding: a status, or a place.

    Each parameter in each lane is a kind of its own: the parts of a gateway that treat them are different.
    """
    leading, affected = group.leading, group.affected
    if leading.startswith(_OF_PARAMETERS):
        return _divided(affected, observed, _lane)
    if not leading.startswith(grouping.CASE) or scopes.is_clear(affected):
        return [affected]
    return _divided(affected, observed, lambda one: _kind(one, leading))


def _divided(affected: Bits, observed: Observations, kind: Callable[[Observation], str]) -> list[Bits]:
    found: dict[str, Bits] = {}
    for index, one in enumerate(observed.items):
        if affected >> index & 1:
            name = kind(one)
            found[name] = found.get(name, 0) | 1 << index
    return list(found.values())


_OF_PARAMETERS = "upstream.parameter."


def _lane(one: Observation) -> str:
    """The parameter that an exchange is about, and the families of both ends."""
    return ",".join(sorted(fact for fact in one.facts if fact.startswith(("about=", "upstream=", ENDPOINT))))


def _kind(one: Observation, rule: str) -> str:
    finding = one.broken.get(rule)
    place = _INDEX.sub("/*", finding["where"].get("pointer", "")) if finding else ""
    return place or next((fact for fact in one.facts if fact.startswith("status=")), "")


_INDEX = re.compile("/[0-9]+")


def _scopes(group: Group, observed: Observations) -> Scopes:
    leading = group.leading
    return Scopes(
        observed,
        observed.could[leading] | group.affected,
        _circular(leading),
        SIMPLE_OF_CASES if leading.startswith(grouping.CASE) else SIMPLE,
    )


def _problem(group: Group, observed: Observations) -> ProblemEntry:
    leading, affected = group.leading, group.affected
    found = _scopes(group, observed).find(affected)
    shown = [one for one in observed.of(affected) if leading in one.broken]
    others = observed.could[leading] & ~affected
    rules = [leading, *sorted(rule for rule in group.broken if rule != leading)]
    following = [observed.of(bits) for bits in group.following.values()]
    entries = {one.entry["id"]: one.entry for one in chain(observed.of(affected), *following)}
    rule = rulebook.rules()[leading]
    entry: ProblemEntry = {
        "id": _id(leading, found),
        "rule": leading,
        "rules": rules,
        "follows": sorted(group.following.keys() - group.broken.keys()),
        "level": _level(group, observed),
        "impact": rule.impact,
        "scope": {"facts": list(found.literals), "words": words.scope(found)},
        "shown": {
            "broken": found.broken,
            "inside": found.inside,
            "outside": found.outside,
            **intermittent.interval(observed.of(affected), observed.of(found.spared)),
        },
        "cases": sorted(entries),
        "models": _values("model", shown),
        "routes": _values("route", shown),
        "example": _example(leading, shown),
    }
    if blames := {one.broken[leading].get("blame") for one in shown} - {None}:
        entry["blame"] = "gateway" if "gateway" in blames else "upstream"
    if nearest := _nearest(entry["example"], shown, list(observed.of(others))):
        entry["without"] = nearest
    if known := observed.known.get(leading) or _known(entries.values()):
        entry["known"] = known
    return entry


def _level(group: Group, observed: Observations) -> Level:
    """The level of the leading rule, or of its consequences where only they make cases fail."""
    leading = _worst(group.leading, group.broken[group.leading], observed)
    if leading in FAILING_LEVELS:
        return leading
    return min([leading, *(_worst(*rule, observed) for rule in group.following.items())], key=LEVELS.index)


def _worst(rule: str, found: Bits, observed: Observations) -> Level:
    levels = (one.broken[rule]["level"] for one in observed.of(found) if rule in one.broken)
    return min(levels, key=LEVELS.index)


def _id(rule: str, found: Scope) -> str:
    """Leading rule and scope: `chat.stream.done@chat_completions,streamed`."""
    return f"{rule}@{','.join(literal.removeprefix(ENDPOINT) for literal in found.literals)}"


def _example(leading: str, shown: Sequence[Observation]) -> ExampleEntry:
    """The smallest exchange that shows the problem; the shortest id where several are equally small."""
    one = min(shown, key=lambda one: (one.size, len(one.entry["id"]), one.entry["id"], one.step))
    finding = one.broken[leading]
    return {"case": one.entry["id"], "step": one.step, "expected": finding["expected"], "got": finding["got"]}


def _nearest(example: ExampleEntry, shown: Sequence[Observation], others: Sequence[Observation]) -> PlaceEntry | None:
    """The exchange that does not show the problem and has most facts in common with the example."""
    own = next(one for one in shown if (one.entry["id"], one.step) == (example["case"], example["step"]))
    good = [one for one in others if one.entry["outcome"] in ("passed", "warned")]
    if not good:
        return None
    best = min(good, key=lambda one: (len(one.facts ^ own.facts), len(one.entry["id"]), one.entry["id"], one.step))
    return {"case": best.entry["id"], "step": best.step}


def _values(name: str, shown: Iterable[Observation]) -> list[str]:
    """The values that a fact has in the affected exchanges."""
    start = f"{name}="
    return sorted({fact.removeprefix(start) for one in shown for fact in one.facts if fact.startswith(start)})


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
