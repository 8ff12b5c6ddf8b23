"""Which broken rules are one problem: those that break together, and those that follow from another one.

Two rules break together if one breaks only where the other does, and where it could, mostly does. If both always break,
that says little: then they belong together only if they are related, because a fault of the reference gateway breaks
both, or because they are about the same place of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from conformance.analysis.problems.observations import Bits, Observations
from conformance.core.model import Level
from conformance.protocol import rulebook

CASE = "case."
"""The prefix of the rules about what a case expects; they often follow from another broken rule."""
TOGETHER = 0.8
"""The share of the exchanges in which two rules have to break together."""
EXPLAINED = 0.5
"""The share of the exchanges with a cause in which its consequence has to show."""
FELT = 0.2
"""The share of the exchanges with a cause in which a consequence has to show that is not related to it."""
LEAST = 1 / 3
"""The share of the exchanges with a rule in which another rule has to break, to be told together with it."""
FEW = 3
"""So few exchanges cannot show that two rules break for different reasons."""

Related = Callable[[str, str], bool]
"""Whether two rules often break for one reason."""
Follows = Callable[[str, str], bool]
"""Whether the second rule is known to break as a consequence of the first."""


@dataclass(slots=True)
class Group:
    """Rules that break together, and rules that follow from them; rule -> the exchanges in which it does."""

    broken: dict[str, Bits] = field(default_factory=dict)
    following: dict[str, Bits] = field(default_factory=dict)

    @property
    def affected(self) -> Bits:
        """The exchanges in which any of the rules breaks."""
        return _union(self.broken)

    @property
    def leading(self) -> str:
        """The rule that says best what is wrong."""
        return min(self.broken, key=lambda rule: _rank(rule, self.broken[rule]))

    def within(self, part: Bits, observed: Observations) -> Group:
        """The group as it shows in a part of its exchanges, and in the steps after them."""
        after = part | observed.later(part)
        return Group(
            {rule: found & part for rule, found in self.broken.items() if found & part},
            {rule: found & after for rule, found in self.following.items() if found & after},
        )


def groups(observed: Observations, related: Related, follows: Follows) -> list[Group]:
    """The groups of the broken rules, each with the rules that follow from it."""
    causes = {rule: _causes(rule, observed, related, follows) for rule in observed.broken}
    own = {rule: found & ~_union(causes[rule]) for rule, found in observed.broken.items()}
    made = _joined({rule: found for rule, found in own.items() if found}, observed, causes, related)
    of_rule = {rule: group for group in made for rule in group.broken}
    for rule, explained in causes.items():
        for cause, where in explained.items():
            if group := _group_of(cause, causes, of_rule):
                group.following[rule] = group.following.get(rule, 0) | where
    return made


def _union(sets: Mapping[str, Bits]) -> Bits:
    found = 0
    for bits in sets.values():
        found |= bits
    return found


_LEVELS: Mapping[Level, int] = {"must": 0, "should": 1, "may": 2, "info": 3}
_VAGUE = ("case.answered", "case.same-answer", "case.intermittent")
"""Rules that say that something is wrong, but not what."""


def _rank(rule: str, found: Bits) -> tuple[object, ...]:
    return (_level(rule), rule in _VAGUE, rule.startswith(CASE), -found.bit_count(), rule)


def _level(rule: str) -> int:
    return _LEVELS[rulebook.rules()[rule].level]


_ASPECTS = {name: rank for rank, name in enumerate(("case.answered", "case.accepted", "case.refused", "case.status"))}
"""The expectations that a case needs first; the others are about the answer that it then gets."""


def _may_cause(cause: str, rule: str) -> bool:
    """Whether a rule can be the cause of another one: the contract's of a case's, and the first aspect of a case.

    The form of an error is not the cause that a request gets an error.
    """
    if not rule.startswith(CASE):
        return False
    if cause.startswith(CASE):
        return _ASPECTS.get(cause, len(_ASPECTS)) < _ASPECTS.get(rule, len(_ASPECTS))
    if rule in _ASPECTS:
        return _level(cause) == _LEVELS["must"] and not cause.startswith(_OF_ERRORS)
    return _level(cause) <= _LEVELS["should"]


def _is_sent_back(cause: str, here: Bits, shown: Bits) -> bool:
    """Whether a rule of the contract, of any level, broke in the step before: the client sends the answer back."""
    return not cause.startswith((CASE, *_OF_ERRORS)) and not shown & here


_OF_ERRORS = ("error.", "http.error.", "elsewhere.")


def _causes(rule: str, observed: Observations, related: Related, follows: Follows) -> dict[str, Bits]:
    """The rules because of which a rule breaks, there or in an earlier step, with the exchanges."""
    found: dict[str, Bits] = {}
    broken, could = observed.broken[rule], observed.could[rule]
    left = broken
    for cause, here in sorted(observed.broken.items(), key=lambda pair: _rank(*pair)):
        reach = here | observed.later(here)
        shown = broken & reach
        if cause == rule or not shown & left:
            continue
        if rule not in _VAGUE and follows(cause, rule):
            is_cause = _order(cause, here) < _order(rule, broken) and _share(shown, broken) >= TOGETHER
        elif rule in _ASPECTS and related(rule, cause) and _is_sent_back(cause, here, shown):
            is_cause = _share(shown, could & observed.later(here)) >= EXPLAINED
        else:
            is_likely = related(rule, cause) or _share(shown, here) >= FELT
            is_cause = _may_cause(cause, rule) and is_likely and _share(shown, could & reach) >= EXPLAINED
        if is_cause:
            found[cause] = shown & left
            left &= ~shown
    return found


def _share(part: Bits, whole: Bits) -> float:
    return part.bit_count() / max(1, whole.bit_count())


def _order(rule: str, found: Bits) -> tuple[object, ...]:
    """A cause comes before its consequences: it breaks more often, and is not about what a case expects."""
    return (rule.startswith(CASE), -found.bit_count(), _rank(rule, found))


def _group_of(cause: str, causes: Mapping[str, Mapping[str, Bits]], of_rule: Mapping[str, Group]) -> Group | None:
    """The group of a cause, or of the first cause of this cause."""
    seen: set[str] = set()
    while cause not in of_rule:
        seen.add(cause)
        further = next((first for first in causes[cause] if first not in seen), None)
        if further is None:
            return None
        cause = further
    return of_rule[cause]


def _joined(
    own: Mapping[str, Bits], observed: Observations, causes: Mapping[str, Mapping[str, Bits]], related: Related
) -> list[Group]:
    """The rules as groups: each joins the first group with a rule to which it belongs."""
    made: list[Group] = []
    for rule, found in sorted(own.items(), key=lambda pair: (-pair[1].bit_count(), _rank(*pair))):
        pair = _Pairs(own, observed, causes, related, rule)
        group = next((group for group in made if any(map(pair.belongs_to, group.broken))), None)
        if group is None:
            made.append(Group({rule: found}))
        else:
            group.broken[rule] = found
    return made


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Compares a rule with rules that break at least as often."""

    own: Mapping[str, Bits]
    observed: Observations
    causes: Mapping[str, Mapping[str, Bits]]
    related: Related
    rule: str

    def belongs_to(self, other: str) -> bool:
        """Whether both rules break for one reason."""
        here, there = self.own[other], self.own[self.rule]
        both = here & there
        if self._mostly_follows(self.rule, other) or self._mostly_follows(other, self.rule):
            return True
        if both.bit_count() < TOGETHER * there.bit_count():
            return False
        if both.bit_count() < LEAST * here.bit_count():
            return False
        could = self.observed.could[self.rule] & self.observed.could[other]
        neither = (could & ~here & ~there).bit_count()
        alone = (could & (here ^ there)).bit_count()
        if self.related(self.rule, other) or self._is_at_same_place(other, both):
            return both.bit_count() >= alone
        return alone <= (1 - TOGETHER) * both.bit_count() and (neither >= both.bit_count() or could.bit_count() <= FEW)

    def _mostly_follows(self, rule: str, cause: str) -> bool:
        """Whether a rule breaks without a related cause, but not more often than because of it."""
        explained = self.causes[rule].get(cause, 0).bit_count()
        return explained >= self.own[rule].bit_count() and self.related(rule, cause)

    def _is_at_same_place(self, other: str, both: Bits) -> bool:
        """Whether the findings of two rules are about the same place of the answer."""
        for one in self.observed.of(both):
            first, second = (one.broken[rule]["where"].get("pointer", "") for rule in (self.rule, other))
            if not first or not second or not (first.startswith(second) or second.startswith(first)):
                return False
        return True
