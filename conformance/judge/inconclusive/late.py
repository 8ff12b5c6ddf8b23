"""Finds broken rules about time. A busy machine looks like a slow gateway, so a run measures such a case again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.model import Breach, Case, Exchange
from conformance.judge import both_ends, contract, expectations
from conformance.judge.both_ends import streaming
from conformance.judge.checks import applicable
from conformance.judge.expectations.context import Context
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile

TIMED = ("timing.", "case.in-time", "case.incremental", *streaming.RULES)
"""Prefixes of the ids of rules about time."""

_KEYWORDS = frozenset({"within", "incremental"})
"""The keywords of a case that are about time."""

SHORTEST = 1.0
"""Seconds. A shorter exchange breaks no rule of the contract about time: all limits are longer."""


def is_possible(case: Case, exchanges: Sequence[Exchange]) -> bool:
    """Whether any rule about time can be broken; without reading the answers."""
    slow = any(one.seconds >= SHORTEST for exchange in exchanges for one in (exchange, *exchange.behind))
    return slow or any(not _KEYWORDS.isdisjoint(step.expect) for step in case.steps)


def rules(case: Case, exchanges: Sequence[Exchange], profile: Profile) -> Iterator[tuple[int, str]]:
    """Yield (step, rule) for every `must` or `should` rule about time that the exchanges break."""
    readings = [Reading(exchange) for exchange in exchanges]
    for index, reading in enumerate(readings):
        at_both_ends = both_ends.breaches(case, index, reading, profile)
        for breach in (*_contract(reading), *at_both_ends, *_case(case, index, readings, profile)):
            if breach.rule.startswith(TIMED) and contract.weigh(breach).level in ("must", "should"):
                yield index, breach.rule


def _contract(reading: Reading) -> Iterator[Breach]:
    if reading.exchange.seconds < SHORTEST:
        return
    for check in applicable(reading):
        if any(rule.startswith(TIMED) for rule in check.rules):
            yield from check.function(reading)


def _case(case: Case, index: int, readings: Sequence[Reading], profile: Profile) -> Iterator[Breach]:
    expect = case.steps[index].expect
    if not _KEYWORDS.isdisjoint(expect):
        yield from expectations.breaches(expect, readings[index], Context(case, profile, readings[:index]))
