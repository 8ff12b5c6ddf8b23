"""The first layer of the judgement: an exchange against the whole contract of its family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.core.model import Breach, Exchange, Finding
from conformance.judge.checks import applicable
from conformance.protocol import rulebook
from conformance.protocol.reading import Reading

MAX_PER_RULE = 5
"""A stream of 100,000 events may break a rule 100,000 times; so many findings say it well enough."""

_MAX_LENGTH = 500
"""Characters of a reason: an exception may quote a whole body."""


def findings(exchange: Exchange) -> tuple[Finding, ...]:
    """Everything that is wrong with an exchange, whatever was asked."""
    return tuple(check_reading(Reading(exchange)))


def check_reading(reading: Reading) -> Iterator[Finding]:
    """The findings of a reading, at most MAX_PER_RULE of each rule; none where nobody saw the body to its end."""
    if reading.exchange.ended in ("not_recorded", "left"):
        return
    seen: Counter[str] = Counter()
    for breach in _breaches(reading):
        seen[breach.rule] += 1
        if seen[breach.rule] <= MAX_PER_RULE and not _too_old(breach.rule, reading.exchange.date):
            yield weigh(breach)


def internal_error(error: Exception) -> str:
    """What is said of an exchange over which a check, or anything else of the judgement, stumbled."""
    return f"internal error in the suite, please report it ({type(error).__name__}: {error})"[:_MAX_LENGTH]


def weigh(breach: Breach) -> Finding:
    """A breach as a finding, with the level of its rule."""
    rule = rulebook.rules()[breach.rule]
    return Finding(rule.id, rule.level, breach.expected, breach.got, breach.where)


def _breaches(reading: Reading) -> Iterator[Breach]:
    for check in applicable(reading):
        yield from check.function(reading)


def _too_old(rule: str, date: str) -> bool:
    """Whether the exchange was recorded before the vendor tightened the rule."""
    since = rulebook.rules()[rule].since
    return bool(since and date and date < since)
