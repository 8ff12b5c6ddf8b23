"""Which broken rules are one problem: those that break together, and those that follow from another one.

Two rules break together if one breaks only where the other does. Where both always break, that says little: then they
belong together only if they are related, because a fault of the reference gateway breaks both, or because they are
about the same place of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.analysis.problems.observations import CASE, Observation
from conformance.core.model import Level
from conformance.protocol import rulebook

TOGETHER = 0.8
"""The share of the exchanges in which two rules have to break together."""

EXPLAINED = 0.5
"""The share of the exchanges with a cause in which its consequence shows."""
FEW = 3
"""So few exchanges cannot show that two rules break for different reasons."""

Related = Callable[[str, str], bool]


@dataclass(slots=True)
class Group:
    """Rules that break together, rule -> the exchanges in which it does; and those that follow from them."""

    broken: dict[str, set[Observation]] = field(default_factory=dict)
    following: dict[str, set[Observation]] = field(default_factory=dict)

    @property
    def affected(self) -> set[Observation]:
        return set[Observation]().union(*self.broken.values())

    @property
    def leading(self) -> str:
        """The rule that says best what is wrong."""
        return min(self.broken, key=lambda rule: _rank(rule, len(self.broken[rule])))


_LEVELS: Mapping[Level, int] = {"must": 0, "should": 1, "may": 2, "info": 3}
_VAGUE = ("case.answered", "case.same-answer", "case.intermittent")


def _rank(rule: str, count: int) -> tuple[object, ...]:
    entry = rulebook.rules()[rule]
    return (_LEVELS[entry.level], rule in _VAGUE, rule.startswith(CASE), -count, rule)


def groups(observed: Sequence[Observation], related: Related) -> list[Group]:
    """The groups of the broken rules, each with the consequences that follow from it."""
    broken = _broken(observed)
    causes = {rule: _causes(rule, broken, observed) for rule in broken}
    own = {rule: found - set(causes[rule]) for rule, found in broken.items()}
    made = _joined({rule: found for rule, found in own.items() if found}, observed, related)
    of_rule = {rule: group for group in made for rule in group.broken}
    for rule, explained in causes.items():
        for one, cause in explained.items():
            group = of_rule.get(_root(cause, one, causes))
            if group is not None:
                group.following.setdefault(rule, set()).add(one)
    return made


def _broken(observed: Sequence[Observation]) -> dict[str, set[Observation]]:
    found: dict[str, set[Observation]] = {}
    for one in observed:
        for rule in one.broken:
            found.setdefault(rule, set()).add(one)
    return found


def _causes(
    rule: str, broken: Mapping[str, set[Observation]], observed: Sequence[Observation]
) -> dict[Observation, str]:
    """The exchanges in which a rule about a case only breaks because of another rule, with that rule."""
    if not rule.startswith(CASE):
        return {}
    found: dict[Observation, str] = {}
    could = [one for one in observed if rule in one.held]
    for cause in sorted(broken, key=lambda name: _rank(name, len(broken[name]))):
        if cause == rule or not _may_cause(cause, rule):
            continue
        here = broken[cause]
        met = {one for one in could if one in here or (one.earlier & here)}
        shown = met & broken[rule]
        if shown and len(shown) >= EXPLAINED * len(met):
            for one in shown:
                found.setdefault(one, cause)
    return found


def _root(cause: str, one: Observation, causes: Mapping[str, Mapping[Observation, str]]) -> str:
    """The first cause in a chain of causes."""
    seen = {cause}
    while (further := causes[cause].get(one)) and further not in seen:
        cause = further
        seen.add(cause)
    return cause


def _may_cause(cause: str, rule: str) -> bool:
    """Whether a rule can be the cause of another one: the contract's of a case's, and the first aspect of a case."""
    if cause.startswith(CASE):
        return _ASPECTS.get(cause, len(_ASPECTS)) < _ASPECTS.get(rule, len(_ASPECTS))
    return _LEVELS[rulebook.rules()[cause].level] <= _LEVELS["should"]


_ASPECTS = {name: rank for rank, name in enumerate(("case.answered", "case.accepted", "case.refused", "case.status"))}
"""What a request needs first; the other expectations of a case are about the answer that it then gets."""


def _joined(
    own: Mapping[str, set[Observation]], observed: Sequence[Observation], related: Related
) -> list[Group]:  # fmt: skip
    made: list[Group] = []
    for rule in sorted(own, key=lambda name: (-len(own[name]), _rank(name, len(own[name])))):
        for group in made:
            if any(_belong(other, rule, group.broken[other], own[rule], observed, related) for other in group.broken):
                group.broken[rule] = own[rule]
                break
        else:
            made.append(Group({rule: own[rule]}))
    return made


def _belong(
    one: str,
    other: str,
    here: set[Observation],
    there: set[Observation],
    observed: Sequence[Observation],
    related: Related,
) -> bool:
    """Whether two rules break for one reason; `there` are no more exchanges than `here`."""
    both = here & there
    if len(both) < TOGETHER * len(there):
        return False
    if related(one, other) or _same_place(one, other, both):
        return True
    could = [item for item in observed if one in item.held and other in item.held]
    neither = sum(item not in here and item not in there for item in could)
    alone = sum((item in here) != (item in there) for item in could)
    return alone <= (1 - TOGETHER) * len(both) and (neither >= len(both) or len(could) <= FEW)


def _same_place(one: str, other: str, both: Collection[Observation]) -> bool:
    """Whether the findings of two rules are about the same place of the answer."""
    places = [(_place(item, one), _place(item, other)) for item in both]
    return all(first and second and (first.startswith(second) or second.startswith(first)) for first, second in places)


def _place(one: Observation, rule: str) -> str:
    return one.broken[rule]["where"].get("pointer", "")
