"""How well problems are told: each fault of the reference gateway alone, and seeded pairs of faults.

A fault is one defect, so a run with it should state one problem: its rules include the rule that the fault names first,
and its scope covers the exchanges that the fault changed. With two faults, both should be among the first problems.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.analysis import over_run, problems
from conformance.analysis.problems.scope import holds
from conformance.core.model import Exchange, Verdict
from conformance.judge import over_a_run
from conformance.protocol import rulebook
from conformance.records import run_document, run_file
from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.reference.faults import FAULTS, Fault
from tests.reference.test_faults import CONTENT, SENT, TIMED, hastened
from tests.support.proof import Proof, chosen, in_process, on_the_wire, opened

FIRST = 4
"""The number of problems among which both faults of a pair should be."""
MOST = 3
"""The most problems that one fault may make."""
TARGET_ONE, TARGET_MOST, TARGET_SCOPE, TARGET_PAIRS = 0.9, 1.0, 0.95, 0.9


@dataclass(frozen=True, slots=True)
class Told:
    """The problems of a run with one fault, and whether the first one's scope covers what the fault changed."""

    fault: Fault
    found: Sequence[ProblemEntry]
    covers: bool

    @property
    def is_named(self) -> bool:
        """Whether the first problem includes the rule that the fault names first."""
        return bool(self.found) and self.fault.rules[0] in _rules(self.found[0])


def lines(pairs: int, seed: int, show: bool) -> Iterator[str]:
    """The figures, beside their targets; with `show`, each fault that misses one."""
    told = [*_singles()]
    one = [each for each in told if len(each.found) == 1]
    few = [each for each in told if 1 <= len(each.found) <= MOST]
    named = [each for each in told if each.is_named]
    covering = [each for each in told if each.covers]
    yield f"{len(told)} faults, each alone over its cases"
    yield _figure("exactly one problem", one, told, TARGET_ONE)
    yield _figure(f"one to {MOST} problems", few, told, TARGET_MOST)
    yield _figure("the first problem has the fault's first rule", named, told, TARGET_MOST)
    yield _figure("its scope covers every exchange that the fault changed", covering, told, TARGET_SCOPE)
    if show:
        for each in told:
            if each not in one or not each.is_named or not each.covers:
                yield f"  {each.fault.id} ({', '.join(each.fault.rules)}): " + (
                    "; ".join(f"{found['id']} {', '.join(_rules(found))}" for found in each.found) or "no problem"
                )
    tried = [*_pairs(pairs, seed)]
    yield f"{len(tried)} pairs of faults (seed {seed})"
    both = [pair for pair, found in tried if all(_place(fault, found[:FIRST]) is not None for fault in pair)]
    apart = [pair for pair, found in tried if len({_place(fault, found[:FIRST]) for fault in pair} - {None}) > 1]
    yield _figure(f"both among the first {FIRST} problems", both, tried, TARGET_PAIRS)
    yield f"       {len(apart) / max(1, len(tried)):.1%} in two different problems"
    if show:
        for pair, found in tried:
            if pair not in both:
                yield f"  {' + '.join(fault.id for fault in pair)}: {', '.join(one['id'] for one in found) or 'none'}"


def _figure(name: str, good: Sequence[object], whole: Sequence[object], target: float) -> str:
    share = len(good) / max(1, len(whole))
    return f"{'met' if share >= target else 'MISSED':6} {name}: {share:.1%} ({target:.0%})"


def _rules(problem: ProblemEntry) -> list[str]:
    return [*problem["rules"], *problem["follows"]]


def _place(fault: Fault, found: Sequence[ProblemEntry]) -> int | None:
    """The number of the first problem that includes the first rule of a fault."""
    return next((number for number, problem in enumerate(found) if fault.rules[0] in _rules(problem)), None)


def _singles() -> Iterator[Told]:
    with in_process() as proof:
        yield from (_told(proof, fault) for fault in CONTENT)
    with opened() as proof:
        yield from (_told(proof, fault) for fault in SENT)
    for fault in TIMED:
        with hastened(fault) as proof:
            yield _told(proof, fault)


def _told(proof: Proof, fault: Fault) -> Told:
    proof.watch.changed.clear()
    verdicts = proof.verdicts(chosen(fault.cases), fault.id, retries=int("case.intermittent" in fault.rules))
    document = _document(verdicts)
    found = _shown(document, fault.rules)
    return Told(fault, found, bool(found) and _covers(found[0], document, verdicts, proof.watch.changed))


def _covers(
    problem: ProblemEntry,
    document: RunDocument,
    verdicts: Sequence[Verdict],
    changed: Collection[tuple[str, str, bytes]],
) -> bool:
    """Whether the scope of a problem holds in every exchange whose request or answer a fault changed."""
    return all(
        holds(problem["scope"]["facts"], seen["facts"])
        for entry, verdict in zip(document["verdicts"], verdicts, strict=True)
        for seen, exchange in zip(entry.get("observed", ()), verdict.exchanges, strict=True)
        if _request(exchange) in changed
    )


def _request(exchange: Exchange) -> tuple[str, str, bytes]:
    return exchange.request.method, urlsplit(exchange.request.url).path, exchange.request.body


def _document(verdicts: Sequence[Verdict]) -> RunDocument:
    """The run with these verdicts, in their order."""
    entries = [run_document.verdict(verdict) for verdict in verdicts]
    document = run_document.document({"base_url": "", "models": {}}, "", 0.0, entries)
    exchanges = ((verdict.case.id, exchange) for verdict in verdicts for exchange in verdict.exchanges)
    together = over_a_run.findings(over_run.identities(exchanges), {})
    return over_run.with_entries({**document, "verdicts": entries}, [over_run.entry(found) for found in together])


def _shown(document: RunDocument, rules: Sequence[str]) -> list[ProblemEntry]:
    """The problems that reports show; those of lower levels only if they are all that the faults break."""
    levels = {rulebook.rules()[rule].level for rule in rules}
    found = problems.problems(document)
    if levels <= {"may", "info"}:
        return found
    return [problem for problem in found if run_file.can_fail(problem)]


def _pairs(count: int, seed: int) -> Iterator[tuple[tuple[Fault, Fault], list[ProblemEntry]]]:
    """Pairs of faults that can act together, each with the problems of a run with both."""
    drawn = random.Random(seed)  # noqa: S311 - a seeded sample, no secret
    able = sorted(FAULTS.keys() - {fault.id for fault in TIMED})
    with ExitStack() as stack:
        proofs: Mapping[bool, Proof] = {
            False: stack.enter_context(in_process()),
            True: stack.enter_context(opened()),
        }
        for _ in range(count):
            one, other = (FAULTS[name] for name in drawn.sample(able, 2))
            cases = chosen(f"{one.cases} {other.cases}")
            retries = int("case.intermittent" in (*one.rules, *other.rules))
            proof = proofs[on_the_wire(one) or on_the_wire(other)]
            verdicts = proof.verdicts(cases, one.id, other.id, retries=retries)
            yield (one, other), _shown(_document(verdicts), (*one.rules, *other.rules))
