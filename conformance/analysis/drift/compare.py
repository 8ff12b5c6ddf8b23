"""Compares the tallies of two recordings.

A trait that is in one recording only is new or lost. This is proven if chance explains it in fewer than 5 % of cases: a
field in 2 of 400 exchanges before and in 0 of 3 after says nothing. Places that only one of the recordings has are not
compared: the fields of a new object are part of the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from conformance.analysis import binomial
from conformance.analysis.drift import facts as facts_of
from conformance.analysis.drift.change import KINDS, Change, Kind, Share
from conformance.analysis.drift.facts import Facts
from conformance.analysis.drift.sightings import TYPES
from conformance.analysis.drift.table import CLASSES, Class
from conformance.analysis.drift.tally import Tally, count
from conformance.analysis.drift.traits import Aspect, Form, Trait
from conformance.core.model import Exchange

_COMPARED: tuple[Aspect, ...] = ("event", "field", "value", "header", "header value", "status", "text", "answered as")
"""The aspects that can be new or lost; types are compared per place."""


@dataclass(frozen=True, slots=True)
class Drift:
    """All changes, the worst first; `old` and `new` are the numbers of exchanges.

    `lacking` are the (family, form) that only one of the recordings has, and the recording without them: they are not
    compared. `varied` are the places whose names differ each time.
    """

    old: int
    new: int
    changes: tuple[Change, ...] = ()
    lacking: tuple[tuple[str, Form, Literal["old", "new"]], ...] = ()
    varied: tuple[Trait, ...] = ()

    def of(self, outcome: Class) -> list[Change]:
        """The proven changes of a class."""
        return [change for change in self.changes if change.outcome == outcome and change.proven]

    @property
    def unproven(self) -> list[Change]:
        """The changes that chance explains as well."""
        return [change for change in self.changes if not change.proven]

    def fails(self, fail_on: Class | None) -> bool:
        """Whether there is a proven change of this class or a worse one."""
        return fail_on is not None and any(self.of(one) for one in CLASSES[CLASSES.index(fail_on) :])


def drift(old: Iterable[tuple[str, Exchange]], new: Iterable[tuple[str, Exchange]]) -> Drift:
    """The changes between two recordings of (name, exchange) pairs."""
    return compare(count(old), count(new))


def compare(old: Tally, new: Tally) -> Drift:
    """The changes between two tallies."""
    varied = old.varied | new.varied
    found = [*_presence(old, new, varied), *_types(old, new)]
    found.sort(key=lambda one: (not one.proven, -CLASSES.index(one.outcome), KINDS.index(one.kind), one.trait, one.now))
    return Drift(
        old.exchanges,
        new.exchanges,
        tuple(found),
        tuple(sorted(_lacking(old, new))),
        tuple(sorted({base._replace(aspect=aspect) for base, aspect in varied})),
    )


def _lacking(old: Tally, new: Tally) -> Iterator[tuple[str, Form, Literal["old", "new"]]]:
    was, now = (
        {(trait.family, trait.form) for trait in tally.hits if trait.aspect == "answer"} for tally in (old, new)
    )
    yield from ((family, form, "new") for family, form in was - now)
    yield from ((family, form, "old") for family, form in now - was)


# Fields, values, events, headers, statuses and texts


def _presence(old: Tally, new: Tally, varied: set[tuple[Trait, Aspect]]) -> Iterator[Change]:
    for trait in old.first.keys() | new.first.keys():
        if trait.aspect not in _COMPARED:
            continue
        own = new if trait in new.first else old
        place = own.first[trait].base, trait.aspect
        if place in varied and not (trait.aspect in ("field", "value") and own.facts(trait).known):
            continue
        before, after = _shares(trait, old, new)
        if trait == own.first[trait].base or not before.trials or not after.trials:
            continue
        if not before.hits:
            yield _change("new", trait, before, after, new)
        elif not after.hits:
            yield _change("lost", trait, before, after, old)
        elif before.hits == before.trials and old.facts(trait).required and _is_rarer(before, after):
            yield _change("rarer", trait, before, after, old)


def _shares(trait: Trait, old: Tally, new: Tally) -> tuple[Share, Share]:
    base = (new if trait in new.first else old).first[trait].base
    return Share(old.hits[trait], old.hits[base]), Share(new.hits[trait], new.hits[base])


def _change(kind: Kind, trait: Trait, before: Share, after: Share, own: Tally) -> Change:
    """A change that `own` shows."""
    proven = kind == "rarer" or _are_apart(before, after)
    return Change(kind, trait, before, after, proven, own.examples[trait], _facts(trait, own))


def _are_apart(before: Share, after: Share) -> bool:
    """Whether the share without hits is below the other one, with 95 % confidence for each of them."""
    none, some = (before, after) if after.hits else (after, before)
    most = binomial.upper(0, none.trials)
    return 1 - binomial.at_most(some.hits - 1, some.trials, most) < 1 - binomial.CONFIDENCE


def _is_rarer(before: Share, after: Share) -> bool:
    """Whether a trait that every exchange had is now missing in more of them than chance explains."""
    if after.hits == after.trials:
        return False
    return binomial.upper(after.hits, after.trials) ** before.trials < 1 - binomial.CONFIDENCE


def _facts(trait: Trait, own: Tally) -> Facts:
    """The facts about a trait; those about a field with the worst rule that its values break."""
    if trait.aspect != "field":
        return own.facts(trait)
    types = (trait._replace(aspect="type", name=name) for name in TYPES)
    refused = facts_of.worst(own.facts(one).refused for one in types if one in own.first)
    return replace(own.facts(trait), refused=refused)


# Types


def _types(old: Tally, new: Tally) -> Iterator[Change]:
    """The places with a type that only one of the recordings has."""
    was, now = _types_by_place(old), _types_by_place(new)
    for place in was.keys() & now.keys():
        gained, dropped = now[place] - was[place], was[place] - now[place]
        for name in gained or dropped:
            own, trait = new if gained else old, place._replace(name=name)
            before, after = _shares(trait, old, new)
            change = _change("retyped", trait, before, after, own)
            facts = replace(change.facts, known=_is_known(place, own))
            yield replace(change, facts=facts, was=tuple(sorted(was[place])), now=tuple(sorted(now[place])))


def _types_by_place(tally: Tally) -> dict[Trait, set[str]]:
    """Place -> its types."""
    found: dict[Trait, set[str]] = {}
    for trait in tally.first:
        if trait.aspect == "type":
            found.setdefault(trait._replace(name=""), set()).add(trait.name)
    return found


def _is_known(place: Trait, own: Tally) -> bool:
    """Whether the schemas name the field at a place."""
    field = place._replace(aspect="field", name="")
    return field not in own.first or own.facts(field).known
