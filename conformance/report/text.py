"""A verdict as text for a terminal: what was expected, what came, where, and how to see it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from conformance.core.model import Blame, Finding, Outcome, Request, Verdict, Where
from conformance.core.terminal_text import plain
from conformance.protocol import rulebook
from conformance.records import curl

WORST_FIRST = {"must": 0, "should": 1, "may": 2, "info": 3}
MAX_COMMAND = 10_000
"""Characters that a terminal shows without burying the rest."""
SHOWN = ("must", "should")
"""Levels that a failure shows; the rest stands in run.json."""
BLAMES: Mapping[Blame, str] = {
    "gateway": "the gateway; asked directly, its upstream does not break this",
    "upstream": "the upstream; it breaks this when it is asked directly, too",
}


def verdict(result: Verdict) -> str:
    """Everything about a verdict that is not green."""
    return plain("\n".join(_lines(result)))


def reason(result: Verdict) -> str:
    """One line that says why the verdict is what it is."""
    if result.reason:
        return plain(result.reason)
    shown = sorted(_shown(result), key=lambda finding: WORST_FIRST[finding.level])
    return plain(f"{shown[0].rule}: {shown[0].expected}, but {shown[0].got}") if shown else result.outcome


def tally(outcomes: Sequence[Outcome] | Mapping[Outcome, int]) -> str:
    """How many of each outcome, listed or counted, the worst first."""
    counts = Counter(outcomes)
    order: tuple[Outcome, ...] = ("failed", "unverified", "warned", "known", "passed", "not_applicable")
    return ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in order if counts[name])


def _lines(result: Verdict) -> Iterator[str]:
    case = result.case
    yield case.title
    yield f"{case.file}:{case.line}  {case.id}  ({result.outcome})"
    if result.reason:
        yield f"reason: {result.reason}"
    for attempt in result.attempts:
        yield f"step {attempt.step + 1} was tried again after {attempt.got}, {attempt.waited:.1f} s later"
    for finding in sorted(_shown(result), key=lambda finding: (finding.step, WORST_FIRST[finding.level])):
        yield ""
        step = f" (step {finding.step + 1})" if len(result.case.steps) > 1 else ""
        yield from finding_lines(finding, step)
    for number, exchange in enumerate(result.exchanges, 1):
        yield ""
        step = f"step {number}: " if len(result.exchanges) > 1 else ""
        yield f"{step}status {exchange.status}, {exchange.seconds:.2f} s, {exchange.problem or exchange.ended}"
        yield _again(exchange.request)


def _again(request: Request) -> str:
    command = curl.command(request)
    return command if len(command) <= MAX_COMMAND else "(a long request: its curl command is in run.json)"


def _shown(result: Verdict) -> list[Finding]:
    return [finding for finding in result.findings if finding.level in SHOWN]


def finding_lines(finding: Finding, step: str = "") -> Iterator[str]:
    """A finding with its rule's words: what was expected, what came, where, what breaks, and who says so."""
    rule = rulebook.rules()[finding.rule]
    yield f"{finding.level.upper()} {finding.rule}{step}: {rule.sentence}"
    yield f"  expected: {finding.expected}"
    yield f"  got:      {finding.got}"
    if place := _where(finding.where):
        yield f"  where:    {place}"
    if finding.blame:
        yield f"  blame:    {BLAMES[finding.blame]}"
    if rule.breaks:
        yield f"  breaks:   {rule.breaks}"
    yield f"  source:   {rule.source}"


def _where(where: Where) -> str:
    parts = [
        f"event {where.event}" if where.event is not None else "",
        where.pointer or "",
        f"byte {where.offset}" if where.offset is not None else "",
    ]
    return ", ".join(part for part in parts if part)
