"""A verdict as terminal text: what was expected, what the gateway answered, where, and how to reproduce it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from conformance.core.model import Blame, Finding, Impact, Level, Outcome, Request, Verdict, Where
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.protocol import rulebook
from conformance.records import curl

WORST_FIRST: Mapping[Level, int] = {"must": 0, "should": 1, "may": 2, "info": 3}
MAX_COMMAND = 10_000
"""Characters of a curl command; a longer one would hide the rest of the output."""
SHOWN: tuple[Level, ...] = ("must", "should")
"""Levels of the findings that a failure shows; the others are in run.json only."""
BLAMES: Mapping[Blame, str] = {
    "gateway": "the gateway; its upstream, tested directly, keeps this rule",
    "upstream": "the upstream; tested directly, it breaks this rule too",
}


IMPACTS: Mapping[Impact, str] = {
    "breaks": "clients break",
    "degrades": "clients lose a feature",
    "cosmetic": "cosmetic",
}
"""Impact of a rule -> what happens to clients if it is broken."""

OWN_SOURCE = "The case's own source."
"""The source of rules that are about whatever a case expects; the case then has the source."""

_NAMES = {"elsewhere": "unknown paths"}
"""Endpoints that have another name in reports."""


def words(name: str) -> str:
    """An endpoint, outcome or other name of the suite as words."""
    return _NAMES.get(name, name.replace("_", " "))


def source_of(rule_source: str, case_source: str) -> str:
    """The source of a rule; that of the case for rules that have none of their own."""
    return case_source if rule_source == OWN_SOURCE and case_source else rule_source


def verdict(result: Verdict) -> str:
    """A verdict with its findings and the curl commands that reproduce it."""
    return plain("\n".join(_lines(result)))


def reason(result: Verdict) -> str:
    """The reason for the verdict in one line."""
    if result.reason:
        return plain(result.reason)
    shown = sorted(_shown(result), key=lambda finding: WORST_FIRST[finding.level])
    return plain(f"{shown[0].rule}: {shown[0].expected}, but {shown[0].got}") if shown else result.outcome


def tally(outcomes: Sequence[Outcome] | Mapping[Outcome, int]) -> str:
    """The number of each outcome, the worst first; the outcomes may be counted already."""
    counts = Counter(outcomes)
    order: tuple[Outcome, ...] = ("failed", "unverified", "warned", "known", "passed", "not_applicable")
    return ", ".join(f"{counts[name]} {words(name)}" for name in order if counts[name])


def _lines(result: Verdict) -> Iterator[str]:
    case = result.case
    yield case.title
    yield f"{case.file}:{case.line}  {case.id}  ({result.outcome})"
    if result.reason:
        yield f"reason: {result.reason}"
    for attempt in result.attempts:
        yield f"step {attempt.step + 1}: {attempt.got}; retried after {attempt.waited:.1f} s"
    for finding, *again in _told_once(_shown(result)):
        yield ""
        step = f" (step {finding.step + 1})" if len(result.case.steps) > 1 else ""
        yield from finding_lines(finding, step, case.source, _further(finding, again))
    for number, exchange in enumerate(result.exchanges, 1):
        yield ""
        step = f"step {number}: " if len(result.exchanges) > 1 else ""
        yield f"{step}status {exchange.status}, {exchange.seconds:.2f} s, {exchange.problem or exchange.ended}"
        yield _command(exchange.request)


def _command(request: Request) -> str:
    command = curl.command(request)
    return command if len(command) <= MAX_COMMAND else "(a long request: its curl command is in run.json)"


def _shown(result: Verdict) -> list[Finding]:
    return [finding for finding in result.findings if finding.level in SHOWN]


def _told_once(findings: Sequence[Finding]) -> list[list[Finding]]:
    """The findings in order, the worst of a step first; those that repeat an earlier one are in a list with it."""
    found: dict[object, list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: (finding.step, WORST_FIRST[finding.level])):
        found.setdefault(_sort(finding), []).append(finding)
    return list(found.values())


def _sort(finding: Finding) -> object:
    """A key that two findings share if one repeats the other: in another event their texts may differ."""
    texts = (finding.expected, finding.got) if finding.where.event is None else None
    place = _INDEX.sub("/*", finding.where.pointer or "")
    return finding.rule, finding.level, finding.blame, place, texts


_INDEX = re.compile(r"/\d+(?=/|$)")


def _further(finding: Finding, again: Sequence[Finding]) -> str:
    """Where a finding is repeated: `4 more events and 19 more steps`; "" if it is not."""
    own = [other for other in again if other.step == finding.step]
    steps = {other.step for other in again} - {finding.step}
    place = "more place" if finding.where.event is None else "more event"
    parts = [counted(len(own), place) if own else "", counted(len(steps), "more step") if steps else ""]
    return " and ".join(part for part in parts if part)


def finding_lines(finding: Finding, step: str = "", case_source: str = "", further: str = "") -> Iterator[str]:
    """A finding with its rule: what was expected and received, where, what it breaks, and the source.

    `further` says in which other places the same was found.
    """
    rule = rulebook.rules()[finding.rule]
    yield f"{finding.level.upper()} {finding.rule}{step}: {rule.sentence}"
    yield f"  expected: {finding.expected}"
    yield f"  got:      {finding.got}"
    place = _where(finding.where)
    if further:
        place = f"{place or 'this step'}, and in {further}"
    if place:
        yield f"  where:    {place}"
    if finding.blame:
        yield f"  blame:    {BLAMES[finding.blame]}"
    if rule.breaks:
        yield f"  breaks:   {rule.breaks}"
    yield f"  source:   {source_of(rule.source, case_source)}"


def _where(where: Where) -> str:
    parts = [
        f"event {where.event}" if where.event is not None else "",
        where.pointer or "",
        f"byte {where.offset}" if where.offset is not None else "",
    ]
    return ", ".join(part for part in parts if part)
