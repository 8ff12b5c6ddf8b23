"""Finds out which rules break as a consequence of another one, and writes `schemas/consequences.yaml`.

A fault breaks the rule that it names first. In a broad sample of cases, the other rules that break in the same answers,
or in later steps of the same cases, follow from it. One fault for each rule is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from conformance.core import data_files
from conformance.core.model import Case, Verdict
from conformance.protocol.family import MAIN
from conformance.reference.faults import FAULTS, Fault
from tests.reference.test_faults import CONTENT
from tests.support.proof import chosen, in_process, library_cases

EACH = 2
"""Cases of each area of a family in the sample, and the streamed variants of these."""
MOST = 12
"""A fault that breaks more rules destroys the whole answer; it says nothing about single rules."""

HEAD = """\
# Rule -> the rules that break as its consequence, in the same answer or in a later step, if a gateway breaks nothing
# else. The faults of the reference gateway show this; `python -m benchmarks consequences` writes this file.
"""


def lines() -> Iterator[str]:
    """Writes the file, with a line for every hundred faults."""
    found: dict[str, set[str]] = {}
    tried = _one_for_each_rule()
    with in_process() as proof:
        for number, fault in enumerate(tried):
            if number % 100 == 0:
                yield f"{number} of {len(tried)} faults"
            own = chosen(fault.cases)
            more = [case for case in _sample(fault.family) if case.id not in {one.id for one in own}]
            if rules := _following(fault.rules[0], proof.verdicts([*own, *more], fault.id)):
                found.setdefault(fault.rules[0], set()).update(rules)
    path = data_files.folder("schemas") / "consequences.yaml"
    path.write_text(as_yaml(found), "utf-8")
    yield f"{path.name}: {sum(map(len, found.values()))} consequences of {len(found)} rules"


def as_yaml(found: Mapping[str, set[str]]) -> str:
    """The consequences of each rule."""
    return HEAD + "".join(f"{rule}: [{', '.join(sorted(others))}]\n" for rule, others in sorted(found.items()))


def _one_for_each_rule() -> list[Fault]:
    """A fault of the content of answers for each rule that a fault names first; the first by id."""
    content = {fault.id for fault in CONTENT}
    by_rule: dict[str, Fault] = {}
    for name, fault in sorted(FAULTS.items()):
        if name in content and fault.family in MAIN:
            by_rule.setdefault(fault.rules[0], fault)
    return list(by_rule.values())


@cache
def _sample(family: str) -> Sequence[Case]:
    """The first cases of each area of a family, and their streamed variants."""
    by_area: dict[str, dict[str, list[Case]]] = {}
    for case in library_cases():
        if case.endpoint == case.family == family:
            by_area.setdefault(case.area, {}).setdefault(case.id.partition("[")[0], []).append(case)
    found: list[Case] = []
    for bases in by_area.values():
        for variants in [*bases.values()][:: max(1, len(bases) // EACH)][:EACH]:
            found += variants[:1] if len(variants) == 1 else [variants[0], variants[-1]]
    return found


def _following(first: str, verdicts: Sequence[Verdict]) -> set[str]:
    """The rules that only break where the first one does, or in a later step."""
    following, elsewhere = set[str](), set[str]()
    for verdict in verdicts:
        found = [finding for finding in verdict.findings if finding.level in ("must", "should")]
        since = min((finding.step for finding in found if finding.rule == first), default=len(verdict.exchanges))
        for finding in found:
            (following if finding.step >= since else elsewhere).add(finding.rule)
    rules = following - elsewhere - {first}
    return rules if len(rules) <= MOST else set()
