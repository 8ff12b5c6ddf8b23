"""The first layer of the judgement: checks an exchange against all rules of its family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.core.model import Breach, Ending, Exchange, Finding
from conformance.judge.checks import applicable
from conformance.protocol import rulebook
from conformance.protocol.reading import Reading

UNREAD: tuple[Ending, ...] = ("not_recorded", "left")
"""The endings of bodies that were not read to their end; no rule can be broken in them."""

MAX_PER_RULE = 5
"""The limit of findings of one rule in an exchange: each of 100,000 events may break the same rule."""

_MAX_LENGTH = 500
"""The limit of characters of an error message: an exception may quote a whole body."""


def findings(exchange: Exchange) -> tuple[Finding, ...]:
    """Return the findings of an exchange, independent of any case."""
    return tuple(check_reading(Reading(exchange)))


def check_reading(reading: Reading) -> Iterator[Finding]:
    """Yield the findings of a reading, at most MAX_PER_RULE of each rule; none if the body was not read to its end."""
    if reading.exchange.ended in UNREAD:
        return
    seen: Counter[str] = Counter()
    for breach in _breaches(reading):
        seen[breach.rule] += 1
        if seen[breach.rule] <= MAX_PER_RULE and not _is_older(breach.rule, reading.exchange.date):
            yield weigh(breach)


def internal_error(error: Exception) -> str:
    """Return the message for an internal error in a check."""
    return f"internal error in the suite, please report it ({type(error).__name__}: {error})"[:_MAX_LENGTH]


def weigh(breach: Breach) -> Finding:
    """Return the Finding of a Breach: with the level of its rule."""
    rule = rulebook.rules()[breach.rule]
    return Finding(rule.id, rule.level, breach.expected, breach.got, breach.where)


def _breaches(reading: Reading) -> Iterator[Breach]:
    for check in applicable(reading):
        yield from check.function(reading)


def _is_older(rule: str, date: str) -> bool:
    """Whether the exchange was recorded before the rule applied (its `since`)."""
    since = rulebook.rules()[rule].since
    return bool(since and date and date < since)
