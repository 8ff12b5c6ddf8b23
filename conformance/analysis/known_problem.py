"""A problem as a list of known failures names it: `chat.stream.done@chat_completions,streamed`.

The leading rule comes first. The literals of a scope may follow; without them, the entry is about every exchange. The
first literal may be the endpoint alone, and the others are facts of schemas/facts.yaml, with `!` where one is false.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.analysis.problems import scope
from conformance.analysis.problems.grouping import CASE
from conformance.judge.facts import table
from conformance.protocol import family, rulebook
from conformance.records.run_format import FindingEntry, OverRunEntry, VerdictEntry

_ENDPOINT = "endpoint="


@dataclass(frozen=True, slots=True)
class KnownProblem:
    """The leading rule, the literals of the scope, and further rules: those that break with it or follow from it."""

    rule: str
    literals: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def covers(self, verdict: VerdictEntry, finding: FindingEntry) -> bool:
        """Whether a finding is one of the problem.

        Its exchange is in the scope. A further rule about what a case expects may break in a later step as well, but
        only as a consequence: together with or after one of the other rules.
        """
        rule, step = finding["rule"], finding["step"]
        if rule == self.rule or not rule.startswith(CASE):
            return rule in (self.rule, *self.rules) and self.holds(verdict, step)
        return rule in self.rules and self._broke_until(verdict, step)

    def covers_answer(self, verdict: VerdictEntry, finding: OverRunEntry) -> bool:
        """Whether the part of a verdict in a finding over the run is one of the problem."""
        steps = (
            step
            for step, seen in enumerate(verdict.get("observed", ()), 1)
            if f"{_ENDPOINT}{finding['family']}" in seen["facts"] and "error" not in seen["facts"]
        )
        return finding["rule"] in (self.rule, *self.rules) and any(self.holds(verdict, step) for step in steps)

    def holds(self, verdict: VerdictEntry, step: int) -> bool:
        """Whether the scope is true of the exchange of a step; it is not if the facts of the exchange are unknown."""
        observed = verdict.get("observed", ())
        return 0 < step <= len(observed) and self.fits(observed[step - 1]["facts"])

    def fits(self, facts: Collection[str]) -> bool:
        """Whether the scope is true of facts."""
        return scope.holds(self.literals, facts)

    def _broke_until(self, verdict: VerdictEntry, step: int) -> bool:
        """Whether a rule that can be a cause broke in the scope, in this step or an earlier one."""
        rules = (self.rule, *self.rules)
        causes = rules if self.rule.startswith(CASE) else [rule for rule in rules if not rule.startswith(CASE)]
        return any(
            found["step"] <= step and found["rule"] in causes and self.holds(verdict, found["step"])
            for found in verdict["findings"]
        )

    def unknown(self) -> Iterator[str]:
        """The rules, facts and endpoints that the suite does not have, each in words."""
        yield from (f"rule {rule}" for rule in (self.rule, *self.rules) if rule not in rulebook.rules())
        for literal in self.literals:
            name, _, values = literal.removeprefix(scope.NOT).partition("=")
            if name not in table():
                yield f"fact {name}"
            elif literal.startswith(_ENDPOINT) and literal != scope.ANY_ENDPOINT:
                yield from (f"endpoint {value}" for value in values.split(scope.OR) if value not in family.names())


def parse(text: str, rules: Sequence[str] = ()) -> KnownProblem:
    """The problem with an id. The number of a second problem of the same name is left out: `...,streamed~2`."""
    rule, _, condition = text.partition("@")
    literals = _literals().split(re.sub(r"~\d+$", "", condition)) if condition else []
    if literals and not _is_fact(literals[0]):
        literals[0] = _ENDPOINT + literals[0]
    return KnownProblem(rule.strip(), tuple(literals), tuple(rules))


@cache
def _literals() -> re.Pattern[str]:
    """The commas between literals. A value may contain commas, so the name of a fact has to follow."""
    names = "|".join(map(re.escape, table()))
    return re.compile(rf",\s*(?={scope.NOT}?(?:{names})(?:[=,]|$))")


def _is_fact(literal: str) -> bool:
    """Whether a literal is a fact, and not the name of an endpoint: `model` is an endpoint, `model=gpt` a fact."""
    name, is_value, _ = literal.removeprefix(scope.NOT).partition("=")
    return name in table() and table()[name].value == bool(is_value)
